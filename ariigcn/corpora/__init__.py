"""Where conversations come from: one module a corpus, one table for all."""
