"""Emotions of anyone's recording, by a trained model: table, encoders and graph as in training."""
