"""Vectors of several encoders in one space: orthogonal Procrustes (Schönemann, 1966), without a label.

Encoders that learned apart may name the same thing along other axes. Each is turned onto the first: of all
rotations and reflections about the means, the one that brings its vectors of the anchors, utterances of
training dialogues that all encoders encode, nearest to the first's. Distances within an encoder's vectors
stay as they are.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.features.store import FeatureStore
from ariigcn.finetune.config import ANCHORS, Learning, encoder_folder

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Alignment:
    """A turn from one space into another.

    Args:
        origin: the mean of the anchors where it comes from, float64 [D].
        turn: orthogonal, float64 [D, D].
        target: their mean where it goes to, float64 [D].
    """

    origin: NDArray[np.float64]
    turn: NDArray[np.float64]
    target: NDArray[np.float64]

    @classmethod
    def fitted(cls, own: Vectors, other: Vectors) -> "Alignment":
        """The turn of ``own`` that comes nearest to ``other``, the same n utterances each, [n, D]."""
        origin, target = own.mean(0, np.float64), other.mean(0, np.float64)
        u, _, v = np.linalg.svd((own - origin).T @ (other - target))
        return cls(origin, u @ v, target)

    def __call__(self, vectors: Vectors) -> Vectors:
        """Vectors in the other space, float32 [n, D]."""
        turned = (vectors - self.origin) @ self.turn + self.target
        return turned.astype(np.float32)


def alignment(parameters: Learning, number: int) -> Alignment | None:
    """How an encoder's vectors get into the space of the first; None for the first itself.

    Raises:
        DataError: the anchors of one of them are absent, damaged, or of other utterances.
    """
    first = parameters.encoders[0]
    if number == first:
        return None
    own, other = (
        FeatureStore(Path(encoder_folder(str(parameters.folder), n)) / ANCHORS).read()
        for n in (number, first)
    )
    if own.utterance_ids != other.utterance_ids:
        raise DataError(
            f"{parameters.folder}: encoders {number} and {first} were made for other utterances; "
            "remove the folder and run again"
        )
    return Alignment.fitted(own.values, other.values)
