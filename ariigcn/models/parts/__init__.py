"""The method, section by section."""
