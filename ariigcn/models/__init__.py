"""AR-IIGCN part by part, after the method's sections, and what it is compared with."""
