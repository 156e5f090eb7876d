"""The encoder ``finetuned`` of audio: a Hugging Face speech encoder (wav2vec 2.0, HuBERT, WavLM)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.modality import Modality
from ariigcn.features.encoders import audio_huggingface, huggingface
from ariigcn.features.encoders.audio_huggingface import (
    RATE,
    SoundParameters,
    SoundPooling,
    SoundReader,
)
from ariigcn.finetune.config import Learning
from ariigcn.finetune.encoder import files, make
from ariigcn.finetune.kind import Kind

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["KIND", "LIBRARIES", "ON_GPU", "Parameters", "files", "make"]

LIBRARIES = (*audio_huggingface.LIBRARIES, "safetensors")
ON_GPU = huggingface.ON_GPU
Signal = NDArray[np.float32]


class Parameters(Learning, SoundPooling, SoundParameters):
    """Parameters of the fine-tuned speech encoder."""

    modality: ClassVar[Modality] = "audio"
    reading: ClassVar[tuple[str, ...]] = tuple(SoundParameters.model_fields)

    train_s: float = Field(
        8.0,
        ge=1,
        le=60,
        description="It learns from, and is judged by, the middle of longer clips: so many seconds. "
        "Features are of the whole clip.",
    )


class Sound(Kind):
    """Sound at 16 kHz; the mean over time of the last layer, and the sd where it is asked for."""

    modality = "audio"
    frozen = audio_huggingface
    reader = SoundReader

    def shortened(self, read: Signal, parameters: Parameters) -> Signal:
        """The middle."""
        room = round(parameters.train_s * RATE)
        start = max(0, len(read) - room) // 2
        return read[start : start + room]

    def collate(self, encoder: Any, reads: Sequence[Signal]) -> "dict[str, Tensor]":
        """``input_values`` float32 [B, S] and ``attention_mask`` int64 [B, S]."""
        import torch

        values = torch.zeros(len(reads), max(map(len, reads)))
        mask = torch.zeros(values.shape, dtype=torch.long)
        for row, signal in enumerate(reads):
            values[row, : len(signal)] = torch.from_numpy(np.array(signal))
            mask[row, : len(signal)] = 1
        return {"input_values": values, "attention_mask": mask}

    def vectors(self, base: Any, parameters: Parameters, **batch: "Tensor") -> "Tensor":
        """Moments over each clip's own frames, [B, D] or [B, 2 D]."""
        import torch

        from ariigcn.finetune.network import moments

        states = base(**batch).last_hidden_state.float()
        count = batch["attention_mask"].sum(1)
        for kernel, stride in zip(base.config.conv_kernel, base.config.conv_stride, strict=True):
            count = (count - kernel) // stride + 1
        heard = torch.arange(states.shape[1], device=states.device) < count[:, None]
        mean, sd = moments(states, heard)
        return mean if parameters.pooling == "mean" else torch.cat([mean, sd], 1)

    def lowest(self, base: Any) -> "nn.Module":
        """The convolutions over the sound."""
        found: nn.Module = base.feature_extractor
        return found

    def prepared(self, base: Any) -> Any:
        """Without SpecAugment: clips may be shorter than its masks, and its weight be absent."""
        base.config.apply_spec_augment = False
        return base


KIND = Sound()
