"""What an encoder is: a name, its parameters, and a pure function from clips to vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ariigcn.features.around import has_words
from ariigcn.features.store import Status


@dataclass(frozen=True)
class Clip:
    """One utterance as an encoder sees it: its text, and the file and span it is heard and seen in.

    ``start_s`` and ``end_s`` are seconds within ``media``; None means the whole file. ``audio`` is a
    file of this utterance's sound alone, heard in place of ``media``; ``video_side`` the half of the
    picture that shows the speaker. ``context`` is what was said before it in its conversation, oldest
    first, ``following`` what was said after it; only as much as the encoder asks for
    (:class:`~ariigcn.features.around.Around`).
    """

    utterance_id: str
    text: str | None
    media: Path | None
    start_s: float | None = None
    end_s: float | None = None
    audio: Path | None = None
    video_side: Literal["left", "right"] | None = None
    context: tuple[str, ...] = ()
    following: tuple[str, ...] = ()

    @property
    def has_words(self) -> bool:
        """Whether there is anything to read."""
        return has_words(self.text or "")

    def file(self, modality: str) -> Path | None:
        """The file that a modality is read from; none for text."""
        if modality == "text":
            return None
        return self.audio if modality == "audio" and self.audio is not None else self.media


@dataclass(frozen=True)
class Encoded:
    """An utterance's vector, float32 [D], or None with the status and message that say why not."""

    values: NDArray[np.float32] | None
    status: Status = Status.OK
    message: str = ""


class ClipError(Exception):
    """A clip cannot be used: the status and the message of its row."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Described(Protocol):
    """What a store's header tells of an encoder.

    Attributes:
        version: release of the encoder and of what decides its values.
        weights_sha256: digest of its weights; empty where it has none. Asked for once a run: it may
            read gigabytes.
        dimension: D.
        feature_names: D names, or empty.
    """

    version: str
    weights_sha256: str
    dimension: int
    feature_names: tuple[str, ...]


class Encoder(Described, Protocol):
    """An encoder of one modality, weights loaded."""

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        """One result a clip, in order; a bad clip gets a status and never raises."""
        ...
