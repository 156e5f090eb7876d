"""Every figure of a run, as SVG."""
