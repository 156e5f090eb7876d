"""Metrics, tables and figures, from stored predictions alone."""
