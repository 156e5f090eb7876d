"""One loop, its schedule of losses, its checkpoints."""
