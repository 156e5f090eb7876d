"""The encoder ``finetuned`` of video: a Hugging Face image encoder (ViT, CLIP's) on face crops."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.modality import Modality
from ariigcn.features.encoders import huggingface, video_huggingface
from ariigcn.features.encoders.huggingface import hidden
from ariigcn.features.encoders.video_huggingface import (
    PictureParameters,
    PicturePooling,
    PictureReader,
    pooled,
)
from ariigcn.finetune.config import Learning
from ariigcn.finetune.encoder import files, make
from ariigcn.finetune.kind import Kind

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["KIND", "LIBRARIES", "ON_GPU", "Parameters", "files", "make"]

LIBRARIES = (*video_huggingface.LIBRARIES, "safetensors")
ON_GPU = huggingface.ON_GPU
Crops = NDArray[np.uint8]


class Parameters(Learning, PictureParameters, PicturePooling):
    """Parameters of the fine-tuned image encoder."""

    modality: ClassVar[Modality] = "video"
    reading: ClassVar[tuple[str, ...]] = tuple(PictureParameters.model_fields)

    train_frames: int = Field(
        4,
        ge=1,
        le=64,
        description="It learns from, and is judged by, so many of a clip's frames, evenly spaced. "
        "Features are of all `frames`.",
    )


class Pictures(Kind):
    """Face crops of a clip's frames; mean and sd over the frames of each frame's mean or first token."""

    modality = "video"
    frozen = video_huggingface
    reader = PictureReader

    def shortened(self, read: Crops, parameters: Parameters) -> Crops:
        """The middle frame of each of as many equal parts."""
        count = min(len(read), parameters.train_frames)
        return read[((np.arange(count) + 0.5) * len(read) / count).astype(int)]

    def collate(self, encoder: Any, reads: Sequence[Crops]) -> "dict[str, Tensor]":
        """``pixel_values`` float32 [B, n, 3, side, side] and ``shown`` bool [B, n]: what is a frame."""
        import torch

        made = [encoder.reader.pixels(np.array(crops)) for crops in reads]
        pixels = torch.zeros(len(made), max(map(len, made)), *made[0].shape[1:])
        shown = torch.zeros(pixels.shape[:2], dtype=torch.bool)
        for row, own in enumerate(made):
            pixels[row, : len(own)], shown[row, : len(own)] = own, True
        return {"pixel_values": pixels, "shown": shown}

    def vectors(self, base: Any, parameters: Parameters, **batch: "Tensor") -> "Tensor":
        """Moments over each clip's own frames, [B, 2 D]."""
        import torch

        from ariigcn.finetune.network import moments

        shown = batch["shown"]
        states = hidden(base, (-1,), pixel_values=batch["pixel_values"].flatten(0, 1))
        frames = pooled(states, parameters.pooling).unflatten(0, shown.shape)
        return torch.cat(moments(frames, shown), 1)

    def lowest(self, base: Any) -> "nn.Module":
        """The embedding of patches; a convolutional network's first convolution."""
        found: nn.Module = getattr(base, "embedder", None) or base.get_input_embeddings()
        return found


KIND = Pictures()
