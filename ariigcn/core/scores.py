"""Accuracy and F1 from counts: every score of a classification, of whatever it was counted over.

scikit-learn gives the same numbers (tested), and takes a second to import: a training that needs one
F1 an epoch starts without it.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Score = Literal["accuracy", "weighted_f1", "macro_f1"]


def class_counts(
    true: Integers, predicted: Integers, dialogue: Integers, classes: int, dialogues: int
) -> Floats:
    """Hits, predictions and labels of each class in each dialogue.

    Shapes:
        true [n], predicted [S, n] (S seeds), dialogue [n] from 0; out [D, S, 3, C].
    """

    def per_dialogue(label: Integers, which: NDArray[np.bool_]) -> Integers:
        cells = np.bincount((dialogue * classes + label)[which], minlength=dialogues * classes)
        return cells.reshape(dialogues, classes)

    every = np.ones(len(true), dtype=bool)
    return np.stack(
        [
            np.stack(
                [per_dialogue(true, true == own), per_dialogue(own, every), per_dialogue(true, every)],
                axis=1,
            )
            for own in predicted
        ],
        axis=1,
    ).astype(np.float64)  # fmt: skip


def whole_counts(true: Integers, predicted: Integers, classes: int) -> Floats:
    """Hits, predictions and labels of each class, [n] both -> [3, C], whatever the dialogues."""
    together = np.zeros(len(true), dtype=np.int64)
    counts: Floats = class_counts(true, predicted[None], together, classes, 1)[0, 0]
    return counts


def score_counts(counts: Floats, score: Score) -> Floats:
    """A score of each set of counts, [..., 3, C] -> [...]; as scikit-learn defines it, 0 / 0 = 0.

    Macro F1 is the mean over the classes that the set has, as in ``metrics.json``.
    """
    hits, predicted, true = np.moveaxis(counts, -2, 0)
    total = true.sum(-1)
    if score == "accuracy":
        return _ratio(hits.sum(-1), total)
    f1 = _ratio(2 * hits, predicted + true)
    if score == "weighted_f1":
        return _ratio((f1 * true).sum(-1), total)
    present = true > 0
    return _ratio((f1 * present).sum(-1), present.sum(-1))


def weighted_f1(true: Integers, predicted: Integers) -> float:
    """The weighted F1 of predictions, [n] both, classes from 0; no prediction has 0."""
    if not len(true):
        return 0.0
    counts = whole_counts(true, predicted, int(max(true.max(), predicted.max())) + 1)
    return float(score_counts(counts, "weighted_f1"))


def _ratio(above: Floats, below: Floats) -> Floats:
    out: Floats = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return out
