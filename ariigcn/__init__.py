"""AR-IIGCN: multimodal emotion recognition in conversation, from a raw corpus to a trained model."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ariigcn.graphs.dataset import ConversationDataset

__version__ = "0.1.0"
__all__ = ["ConversationDataset"]
# What others build on, and where it is: loaded when it is used, so that the package itself costs nothing.
_PUBLIC = {"ConversationDataset": "ariigcn.graphs.dataset"}


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ariigcn' has no attribute '{name}'")
