"""What a claim of speed rests on: each benchmark measures its own floor in the same run."""
