"""Text to vector: any Hugging Face text encoder, pooled over the utterance's own tokens.

RoBERTa-Large is the paper's; layers, pooling and how much of the preceding conversation the encoder
reads are choices of ours, and stand among the parameters in the store.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.features.around import Around
from ariigcn.features.encoders import huggingface
from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.encoders.huggingface import HubParameters, hidden, load, load_tokenizer
from ariigcn.features.encoders.steps import TwoStepEncoder
from ariigcn.features.encoders.text_reading import Reader, Reading, batches
from ariigcn.features.store import Status

if TYPE_CHECKING:
    from torch import Tensor

LIBRARIES = ("numpy", *huggingface.LIBRARIES, "tokenizers")
ON_GPU = huggingface.ON_GPU
files = huggingface.files


class Parameters(HubParameters, Around):
    """Parameters of the Hugging Face text encoder."""

    pooling: Literal["mean", "cls", "max"] = Field(
        "mean",
        description="Mean or maximum over the utterance's own tokens, special ones among them "
        "where no context is read; or the first token.",
    )
    max_tokens: int = Field(
        512,
        ge=8,
        description="Longer inputs are cut here, or where the model ends: context first, then the "
        "utterance, whose row says so.",
    )
    batch_tokens: int = Field(
        2048, ge=8, description="Tokens a batch, padding counted; more suits a GPU."
    )


class TextEncoder(TwoStepEncoder):
    """Utterance text -> float32 [D], D the model's hidden size."""

    together = True
    feature_names: tuple[str, ...] = ()

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.loaded = load(parameters, "text", "input_ids")
        self.version = self.loaded.version
        self.dimension = int(self.loaded.model.config.hidden_size)
        self.reader = Reader(load_tokenizer(self.loaded.folder), parameters.max_tokens)

    @property
    def weights_sha256(self) -> str:
        """Digest of the weight files."""
        return self.loaded.weights_sha256()

    def read(self, clip: Clip) -> tuple[Reading, str]:
        """A clip's tokens, and what was cut of them.

        Raises:
            ClipError: there is nothing to read in its text.
        """
        if not clip.has_words:
            raise ClipError(Status.MISSING, "no text")
        reading = self.reader.read(clip)
        return reading, reading.note

    def vectors(self, read: Sequence[Reading]) -> NDArray[np.float32]:
        """n inputs -> [n, D], in batches of like length."""
        found = np.zeros((len(read), self.dimension), np.float32)
        limit, tokens = self.reader.limit, self.parameters.batch_tokens
        for length, places in batches([len(r) for r in read], limit, tokens):
            found[places] = self._embed([read[p] for p in places], length).cpu().numpy()
        return found

    def _embed(self, rows: "list[Reading]", length: int) -> "Tensor":
        """Inputs, each at most ``length`` tokens long -> float32 [n, D]."""
        import torch

        inputs = {k: v.to(self.loaded.device) for k, v in self.reader.padded(rows, length).items()}
        own = inputs.pop("own")[..., None]
        with torch.inference_mode():
            states = hidden(self.loaded.model, self.parameters.layers, **inputs)
            if self.parameters.pooling == "cls":
                return states[:, 0]
            if self.parameters.pooling == "max":
                return states.masked_fill(own == 0, -torch.inf).amax(1)
            return (states * own).sum(1) / own.sum(1)


def make(modality: str, parameters: Parameters) -> TextEncoder:
    """Load the encoder; it knows one modality only."""
    return TextEncoder(parameters)
