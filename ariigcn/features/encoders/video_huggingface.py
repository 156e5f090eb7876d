"""Video to vector: any Hugging Face image encoder on face crops, mean and sd over time.

A choice of ours. Crops are square already: they are scaled to the model's own side and normalised
with its own moments, where its image processor might cut borders off.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.settings import Section
from ariigcn.features.encoders import huggingface
from ariigcn.features.encoders.foreign import in_words
from ariigcn.features.encoders.huggingface import HubParameters, hidden, load
from ariigcn.features.media import faces
from ariigcn.features.media.faces import (
    FaceCropEncoder,
    FaceCropReader,
    FaceParameters,
    mean_and_sd,
    moment_names,
)

if TYPE_CHECKING:
    from torch import Tensor

LIBRARIES = (*faces.LIBRARIES, *huggingface.LIBRARIES)
ON_GPU = huggingface.ON_GPU
files = huggingface.files
# Of a picture that a model asks for, pixels; beyond it, its settings are damaged.
LARGEST_SIDE = 4096


class PictureParameters(FaceParameters):
    """Which pictures of a clip are read."""

    frames: int = Field(4, ge=1, le=64, description="Frames a clip, evenly spaced.")


class PicturePooling(Section):
    """What of an image encoder's output is kept."""

    pooling: Literal["mean", "cls"] = Field(
        "mean", description="Mean over the picture's patches, or the first token."
    )


class Parameters(HubParameters, PictureParameters, PicturePooling):
    """Parameters of the Hugging Face image encoder."""


class PictureReader(FaceCropReader):
    """Clips as face crops of the side that a model wants.

    Args:
        asked: which pictures.
        folder: of the model.

    Raises:
        DataError: the folder does not say how the model wants its pictures.
    """

    def __init__(self, asked: PictureParameters, folder: Path) -> None:
        path = folder / "preprocessor_config.json"
        with in_words(path, "does not say how the model wants its pictures"):
            settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            size = settings.get("crop_size") or settings["size"]
            side = size if isinstance(size, int) else size.get("height") or size["shortest_edge"]
            self._scale = np.float32(settings.get("rescale_factor", 1 / 255))
            self._mean = np.array(settings["image_mean"], np.float32)
            self._sd = np.array(settings["image_std"], np.float32)
            if not 1 <= int(side) <= LARGEST_SIDE or not (self._sd > 0).all():
                raise ValueError(f"size {side}, image_std {self._sd.tolist()}")
        super().__init__(asked, asked.frames, int(side))

    def pixels(self, crops: NDArray[np.uint8]) -> "Tensor":
        """Crops [n, side, side, 3] as the model reads them, float32 [n, 3, side, side]."""
        import torch

        return torch.from_numpy((crops * self._scale - self._mean) / self._sd).permute(0, 3, 1, 2)


class ImageEncoder(FaceCropEncoder):
    """Frames -> faces -> an image encoder -> mean and sd over time, float32 [2 D]."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.loaded = load(parameters, "video", "pixel_values")
        self.version = self.loaded.version
        self.reader = PictureReader(parameters, self.loaded.folder)
        super().__init__(self.reader)
        # Convolutional networks name their width in different ways: a blank picture tells it.
        blank = np.zeros((1, self.reader.side, self.reader.side, 3), np.uint8)
        self.dimension = len(self._pool(blank))
        self.feature_names = moment_names(range(self.dimension // 2))

    @property
    def weights_sha256(self) -> str:
        """Digest of the weight files."""
        return self.loaded.weights_sha256()

    def _pool(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Crops [n, side, side, 3] -> mean and sd over n, [2 D]."""
        import torch

        model = self.loaded.model
        values = self.reader.pixels(crops).to(self.loaded.device, model.dtype)
        with torch.inference_mode():
            states = hidden(model, self.parameters.layers, pixel_values=values)
            return mean_and_sd(pooled(states, self.parameters.pooling))


def pooled(states: "Tensor", pooling: str) -> "Tensor":
    """Hidden states of n pictures, [n, T, D] -> [n, D]."""
    return states[:, 0] if pooling == "cls" else states.mean(1)


def make(modality: str, parameters: Parameters) -> ImageEncoder:
    """Load the encoder; it knows one modality only."""
    return ImageEncoder(parameters)
