"""Encoders in two steps: a clip is read by itself, and what was read becomes vectors.

Fine-tuning takes the first step from the frozen encoder and learns the second, so that the two read alike.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ariigcn.features.encoders.base import Clip, ClipError, Encoded


class TwoStepEncoder(ABC):
    """A clip -> what the network is given -> float32 [D].

    Attributes:
        together: whether all clips are read before the network sees the first: it then sees batches.
    """

    together = False

    @abstractmethod
    def read(self, clip: Clip) -> tuple[Any, str]:
        """What the network is given of a clip, and the row's note.

        Raises:
            ClipError: the clip cannot be used.
        """

    @abstractmethod
    def vectors(self, read: Sequence[Any]) -> NDArray[np.float32]:
        """What was read of n clips, at least one -> float32 [n, D]."""

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        """One result a clip, in order; a clip that cannot be used says why."""
        if self.together:
            return self._encode(clips)
        return [result for clip in clips for result in self._encode([clip])]

    def _encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        results: list[Encoded] = []
        read: dict[int, Any] = {}
        for place, clip in enumerate(clips):
            try:
                read[place], note = self.read(clip)
                results.append(Encoded(None, message=note))
            except ClipError as error:
                results.append(Encoded(None, error.status, error.message))
        if read:
            values = self.vectors(list(read.values()))
            for place, vector in zip(read, values, strict=True):
                results[place] = Encoded(vector, message=results[place].message)
        return results
