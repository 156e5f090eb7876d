"""Audio to vector: any Hugging Face speech encoder on raw sound (wav2vec 2.0, HuBERT, WavLM).

A choice of ours: the paper uses openSMILE. Long sound is read in windows of equal length, so that
memory does not grow with the clip; attention does not cross from one window to the next.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.errors import DataError
from ariigcn.core.settings import Section
from ariigcn.features.encoders import huggingface
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.foreign import in_words
from ariigcn.features.encoders.huggingface import HubParameters, hidden, load
from ariigcn.features.encoders.steps import TwoStepEncoder
from ariigcn.features.media import containers
from ariigcn.features.media.sound import Mix, read_audio

LIBRARIES = (*containers.LIBRARIES, *huggingface.LIBRARIES)
ON_GPU = huggingface.ON_GPU
files = huggingface.files
RATE = 16000
# Of the variance, as in transformers' own feature extractor.
EPSILON = 1e-7


class SoundParameters(Section):
    """Which sound of a clip is read."""

    mix: Mix = Field("mean", description="Mix-down: mean of all channels, or the first one.")
    min_duration_s: float = Field(
        0.1, ge=0.03, description="Shorter clips are marked too short, seconds."
    )
    max_duration_s: float = Field(
        600.0, gt=0, description="Longer clips are marked too long, seconds; bounds memory."
    )


class SoundPooling(Section):
    """How sound becomes one vector."""

    pooling: Literal["mean", "statistics"] = Field(
        "mean", description="Mean over time, or mean and standard deviation."
    )
    window_s: float = Field(
        20.0, ge=1, le=120, description="Longest piece that is encoded at once, seconds."
    )


class Parameters(HubParameters, SoundPooling, SoundParameters):
    """Parameters of the Hugging Face speech encoder."""


class SoundReader:
    """Clips as the sound that a model wants: 16 kHz, with zero mean and unit variance where it says so.

    Args:
        asked: which sound.
        folder: of the model.

    Raises:
        DataError: the folder does not say how the model wants its sound, or it is at another rate.
    """

    def __init__(self, asked: SoundParameters, folder: Path) -> None:
        self._asked = asked
        path = folder / "preprocessor_config.json"
        if not path.is_file():
            raise DataError(f"{path}: missing; it describes the sound that the model reads")
        with in_words(path, "does not say how the model wants its sound"):
            settings = json.loads(path.read_text(encoding="utf-8"))
            rate, normalise = (
                settings.get("sampling_rate", RATE),
                settings.get("do_normalize", True),
            )
        if rate != RATE:
            raise DataError(f"{path}: {rate} Hz; {RATE} Hz is supported")
        self._normalise = bool(normalise)

    def read(self, clip: Clip) -> tuple[NDArray[np.float32], str]:
        """A clip's signal, float32 [S], and the row's note, which is empty.

        Raises:
            ClipError: the clip cannot be used.
        """
        limits = self._asked.min_duration_s, self._asked.max_duration_s
        signal = read_audio(clip, RATE, self._asked.mix, *limits)
        if self._normalise:
            signal = (signal - signal.mean()) / np.sqrt(signal.var() + np.float32(EPSILON))
        return signal, ""


class SpeechEncoder(TwoStepEncoder):
    """Clip -> float32 [D], or [2 D] with statistics; D the model's hidden size."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.loaded = load(parameters, "audio", "input_values")
        self.version = self.loaded.version
        moments = ("mean", "sd")[: 2 if parameters.pooling == "statistics" else 1]
        width = int(self.loaded.model.config.hidden_size)
        self.feature_names = tuple(f"{m}_{number}" for m in moments for number in range(width))
        self.dimension = len(self.feature_names)
        self.reader = SoundReader(parameters, self.loaded.folder)

    @property
    def weights_sha256(self) -> str:
        """Digest of the weight files."""
        return self.loaded.weights_sha256()

    def read(self, clip: Clip) -> tuple[NDArray[np.float32], str]:
        """As :meth:`SoundReader.read`."""
        return self.reader.read(clip)

    def vectors(self, read: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """n signals -> [n, D], each computed by itself: neighbours and padding change no bit."""
        return np.stack([self._pool(signal) for signal in read])

    def _pool(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        """A signal at 16 kHz, [S] -> pooled hidden states of all its windows."""
        import torch

        count, sums = 0, torch.zeros(2, 1, dtype=torch.float64)
        pieces = max(1, -(-len(signal) // round(self.parameters.window_s * RATE)))
        for piece in np.array_split(signal, pieces):
            values = torch.from_numpy(np.ascontiguousarray(piece))[None].to(self.loaded.device)
            with torch.inference_mode():
                states = hidden(
                    self.loaded.model,
                    self.parameters.layers,
                    input_values=values.to(self.loaded.model.dtype),
                )[0].double()
                count += len(states)
                sums = sums + torch.stack([states.sum(0), states.square().sum(0)]).cpu()
        mean, square = sums / count
        sd = (square - mean.square()).clamp(min=0).sqrt()
        pooled = mean if self.parameters.pooling == "mean" else torch.cat([mean, sd])
        vector: NDArray[np.float32] = pooled.float().numpy()
        return vector


def make(modality: str, parameters: Parameters) -> SpeechEncoder:
    """Load the encoder; it knows one modality only."""
    return SpeechEncoder(parameters)
