"""Every table of a run, as CSV and LaTeX."""
