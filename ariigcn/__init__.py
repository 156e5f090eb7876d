"""AR-IIGCN: multimodal emotion recognition in conversation, from a raw corpus to a trained model."""

__version__ = "0.1.0"
