"""Weights against rare classes, for every loss that has them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def frequency_weights(labels: "Tensor", classes: int, power: float) -> "Tensor":
    """Frequency to minus a power, scaled so that the mean over the labelled is 1, float32 [C].

    Args:
        labels: int64 [n]; -1: none.
        classes: C.
        power: 0: every class weighs 1.
    """
    counts = labels[labels >= 0].bincount(minlength=classes).float()
    weights = counts.clamp_min(1) ** -power
    return weights * counts.sum() / (weights * counts).sum()
