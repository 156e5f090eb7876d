"""Two finished results folders side by side: `ariigcn compare A B`."""
