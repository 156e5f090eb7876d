"""AR-IIGCN: multimodal emotion recognition in conversation, from a raw corpus to a trained model."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ariigcn.corpora.table import read_corpus
    from ariigcn.evaluation.predictions import read_predictions
    from ariigcn.features.store import FeatureStore
    from ariigcn.graphs.dataset import ConversationDataset
    from ariigcn.predict.conversation import Conversation, Utterance
    from ariigcn.predict.model import EmotionModel
    from ariigcn.predict.online import OnlineModel
    from ariigcn.predict.zoo import load

__version__ = "0.1.0"
__all__ = [
    "Conversation",
    "ConversationDataset",
    "EmotionModel",
    "FeatureStore",
    "OnlineModel",
    "Utterance",
    "load",
    "read_corpus",
    "read_predictions",
]
# What others build on, and where it is: loaded when it is used, so that the package itself costs nothing.
_PUBLIC = {
    "Conversation": "ariigcn.predict.conversation",
    "ConversationDataset": "ariigcn.graphs.dataset",
    "EmotionModel": "ariigcn.predict.model",
    "FeatureStore": "ariigcn.features.store",
    "OnlineModel": "ariigcn.predict.online",
    "Utterance": "ariigcn.predict.conversation",
    "load": "ariigcn.predict.zoo",
    "read_corpus": "ariigcn.corpora.table",
    "read_predictions": "ariigcn.evaluation.predictions",
}


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ariigcn' has no attribute '{name}'")
