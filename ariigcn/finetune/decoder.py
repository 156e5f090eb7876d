"""The reading step of a fine-tuned encoder alone, for extraction's workers: no network is loaded."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from ariigcn.core.modality import Modality
from ariigcn.core.settings import Section
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.base import Clip, ClipError, Encoded
from ariigcn.finetune.config import Learning
from ariigcn.finetune.kind import kind_of, parameters_of


class Parameters(Section):
    """What is read: the parameters of a fine-tuned encoder that decide it."""

    modality: Modality = Field(description="Whose encoder.")
    decoding: dict[str, Any] = Field(description="As Learning.decoding gives them.")


class Decoder:
    """A clip -> what the network is given, in a vector's place: signals or crops of any length."""

    version, weights_sha256, dimension, feature_names = "", "", 0, ()

    def __init__(self, parameters: Parameters) -> None:
        asked = parameters_of(parameters.modality, parameters.decoding)
        kind = kind_of(parameters.modality)
        self._reader = kind.reader(asked, kind.base_folder(asked))

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        """One result a clip."""
        return [self._encode_one(clip) for clip in clips]

    def _encode_one(self, clip: Clip) -> Encoded:
        try:
            read, note = self._reader.read(clip)
        except ClipError as error:
            return Encoded(None, error.status, error.message)
        return Encoded(read, message=note)


def decoder_of(parameters: Learning) -> EncoderConfig:
    """The decoder of a fine-tuned encoder, as extraction's workers take one."""
    return EncoderConfig(
        modality=parameters.modality,
        encoder=f"module:{__name__}",
        parameters={"modality": parameters.modality, "decoding": parameters.decoding()},
    )


def make(modality: str, parameters: Parameters) -> Decoder:
    """Ready to read clips."""
    return Decoder(parameters)
