"""What is wrong with a corpus, and whether a model can be trained on it."""
