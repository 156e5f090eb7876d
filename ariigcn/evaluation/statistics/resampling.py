"""The paired bootstrap over dialogues.

Utterances of one dialogue are not independent, so whole dialogues are drawn with replacement. A
resample needs no utterance: with counts of hits, predictions and labels a class and dialogue, the
counts of a resample are one matrix product, and every score follows from them.

Sources: Efron and Tibshirani 1993; for this use Berg-Kirkpatrick et al., EMNLP 2012.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from scipy.stats import t as student

from ariigcn.core.scores import Floats, Score, score_counts

RESAMPLES = 10_000
SEED = 0  # of the draws: a table is the same each time it is made
LEVEL = 0.95
DRAWN = 2**19  # dialogues at a time
FEWEST = 5  # dialogues below which no interval is given: their resamples are all alike

Draws = NDArray[np.unsignedinteger[Any]]


def draw_dialogues(dialogues: int, resamples: int = RESAMPLES, seed: int = SEED) -> Draws:
    """How often each of D dialogues stands in each of R resamples, [R, D]; rows sum to D.

    A block of resamples at a time, in the smallest type that holds the counts: 20,000 dialogues take
    0.4 GB, where numbers of eight bytes take 1.6.
    """
    generator = np.random.default_rng(seed)
    counts = np.empty((resamples, dialogues), np.min_scalar_type(dialogues))
    for rows in _blocks(resamples, dialogues):
        drawn = generator.integers(dialogues, size=(rows.stop - rows.start, dialogues))
        drawn += dialogues * np.arange(len(drawn))[:, None]
        counts[rows] = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
    return counts


def _blocks(resamples: int, dialogues: int) -> list[slice]:
    """Slices of the resamples, of some hundred thousand draws each."""
    step = max(1, DRAWN // max(1, dialogues))
    return [slice(i, min(i + step, resamples)) for i in range(0, resamples, step)]


def resampled_scores(counts: Floats, weights: Draws, scores: Sequence[Score]) -> tuple[Floats, ...]:
    """Scores of every resample, means over seeds: counts [D, S, 3, C], weights [R, D] -> [R] each.

    Seeds are averaged and not drawn: a handful of them is too few for a bootstrap, and their spread
    has an interval of its own.
    """
    flat = counts.reshape(len(counts), -1)
    together = np.empty((len(weights), flat.shape[1]))
    for rows in _blocks(*weights.shape):
        together[rows] = weights[rows].astype(np.float64) @ flat
    resampled = together.reshape(len(weights), *counts.shape[1:])
    return tuple(score_counts(resampled, score).mean(axis=1) for score in scores)


def difference_test(
    observed: float, resampled: Floats, dialogues: int, level: float = LEVEL
) -> tuple[float, float, float]:
    """Interval of a difference of two scores and its two-sided p: low, high, p.

    Student's t with D - 1 degrees of freedom and the bootstrap's standard error, which is widened by
    sqrt(D / (D - 1)) since a resample of D dialogues varies too little (Hesterberg 2015). p is below
    1 - ``level`` exactly where the interval leaves out zero. NaN below :data:`FEWEST` dialogues, and
    where every resample differs alike by something: a bootstrap cannot say how sure that is.

    Args:
        observed: the difference on the test split itself.
        resampled: the difference on each resample, [R].
        dialogues: D.
    """
    if dialogues < FEWEST or not len(resampled):
        return float("nan"), float("nan"), float("nan")
    error = float(resampled.std(ddof=1)) * (dialogues / (dialogues - 1)) ** 0.5
    half = float(student.ppf((1 + level) / 2, dialogues - 1)) * error
    if error < 1e-12:  # what rounding leaves of none
        return (0.0, 0.0, 1.0) if observed == 0 else (float("nan"), float("nan"), float("nan"))
    p = float(2 * student.sf(abs(observed) / error, dialogues - 1))
    return observed - half, observed + half, p


def bootstrap_interval(
    resampled: Floats, dialogues: int, level: float = LEVEL
) -> tuple[float, float]:
    """Expanded percentile interval of a score in R resamples, [R], within 0 and 1 (Hesterberg 2015).

    The percentiles' levels are moved out by what a plain bootstrap of D dialogues lacks: Student's
    tails and the factor sqrt(D / (D - 1)). NaN below :data:`FEWEST` dialogues, and where all
    resamples score alike: a bootstrap cannot say how sure "all of them right" is.
    """
    if dialogues < FEWEST or not len(resampled) or np.ptp(resampled) == 0:
        return float("nan"), float("nan")
    tail = student.ppf((1 + level) / 2, dialogues - 1) * (dialogues / (dialogues - 1)) ** 0.5
    low, high = np.quantile(resampled, norm.cdf([-tail, tail]))
    return float(low), float(high)
