"""From clip to vector: one module an encoder."""
