"""Encoders that learn on a corpus's own training split, and features that no encoder has cheated for."""
