"""Encoding in this process: for words, which can neither hang nor crash a decoder, a few at a time.

Sound and pictures go through :mod:`~ariigcn.features.extract`, whose workers a broken file may take down.
"""

from collections.abc import Sequence

from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.registry import make_encoder
from ariigcn.features.extract import rows_of
from ariigcn.features.header import described, header_of
from ariigcn.features.store import Rows


class EncoderHere:
    """An encoder that stays loaded.

    Args:
        features: modality, encoder and its parameters.
    """

    def __init__(self, features: EncoderConfig) -> None:
        self._encoder = make_encoder(features.modality, features.encoder, features.parameters)
        self.header = header_of("", features, described(self._encoder))

    def encode(self, clips: Sequence[Clip]) -> Rows:
        """A row a clip, in order; one without evidence has a status and zeros."""
        return rows_of(clips, self._encoder.encode(clips), self.header.dimension)
