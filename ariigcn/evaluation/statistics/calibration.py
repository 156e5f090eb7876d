"""Calibration: whether a probability of 0.8 is right eight times in ten.

ECE is of Guo et al., ICML 2017; the score of Brier 1950 (docs/statistics.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ariigcn.core.scores import Floats, Integers
from ariigcn.evaluation.predictions import Predictions
from ariigcn.evaluation.statistics.resampling import SEED
from ariigcn.evaluation.tables.frames import mean_sd, seeds_interval

BINS = 15  # of equal width, as in Guo et al. 2017
DRAWS = 200  # of which predictions are right, for what a calibrated model would show


@dataclass(frozen=True)
class Reliability:
    """Confidence (the prediction's probability) in :data:`BINS` bins ``(b / 15, (b + 1) / 15]``.

    Shapes: all [15]; ``confidence`` and ``accuracy`` are means in the bin, NaN where it is empty.
    """

    count: Integers
    confidence: Floats
    accuracy: Floats

    @property
    def error(self) -> float:
        """ECE: mean over predictions of |accuracy - confidence| of their bin."""
        gaps = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        return float((self.count * gaps).sum() / self.count.sum()) if self.count.sum() else np.nan


def reliability(confidence: Floats, correct: NDArray[np.bool_]) -> Reliability:
    """Bin n predictions: the probability of each, and whether it is right, [n]."""
    place = _bins(confidence)
    count = np.bincount(place, minlength=BINS)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(place, v, minlength=BINS) / count for v in (confidence, correct)]
    return Reliability(count, *means)


def error_if_calibrated(confidence: Floats) -> float:
    """The ECE to expect of n predictions that are right exactly as often as they say, [n].

    ECE is biased upwards on few utterances: this is how far, the mean over draws of which are right.
    """
    right = np.random.default_rng(SEED).random((DRAWS, len(confidence))) < confidence
    inside = np.eye(BINS)[_bins(confidence)]
    gaps = np.abs((right - confidence) @ inside)
    return float(gaps.sum(axis=1).mean() / len(confidence))


def _bins(confidence: Floats) -> Integers:
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def calibration_frame(experiments: Sequence[Predictions]) -> pd.DataFrame:
    """One row an experiment of the test split.

    Columns: experiment, seeds, n, accuracy_mean, confidence_mean, ``ece_`` and ``brier_`` mean, sd,
    low and high (95 %, Student's t over seeds), ece_if_calibrated. The Brier score is the squared
    distance to the true class's indicator, summed over classes (0 to 2): unlike ECE it is least for
    true probabilities.
    """
    rows = []
    for own in experiments:
        row: dict[str, object] = {
            "experiment": own.experiment,
            "seeds": len(own.seeds),
            "n": len(own.true),
        }
        row["accuracy_mean"] = own.correct.mean() if len(own.true) else np.nan
        row["confidence_mean"] = own.confidence.mean() if len(own.true) else np.nan
        for name, values, most in (("ece", _errors(own), 1.0), ("brier", _briers(own), 2.0)):
            row[f"{name}_mean"], row[f"{name}_sd"] = mean_sd(values)
            row[f"{name}_low"], row[f"{name}_high"] = seeds_interval(values, most)
        expected = [error_if_calibrated(c) for c in own.confidence] if len(own.true) else []
        row["ece_if_calibrated"] = mean_sd(expected)[0]
        rows.append(row)
    return pd.DataFrame(rows)


def _errors(own: Predictions) -> list[float]:
    if not len(own.true):
        return []
    return [reliability(*pair).error for pair in zip(own.confidence, own.correct, strict=True)]


def _briers(own: Predictions) -> list[float]:
    if not len(own.true):
        return []
    indicator = np.eye(len(own.labels))[own.true]
    return [float(((p - indicator) ** 2).sum(axis=1).mean()) for p in own.probabilities]
