"""From conversation to graph: speaker-relation edges, and the batches that models read."""
