"""Model against model: each experiment against the main one.

Three questions, three numbers. Would the difference be there on other dialogues? The paired
bootstrap over test dialogues. With other seeds? Student's t over differences paired by seed. Do the
two models err on the same utterances? McNemar's test. p values are corrected by Holm's method over
all experiments of the table.

Sources: Efron and Tibshirani 1993, McNemar 1947, Holm 1979 (docs/statistics.md).
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from ariigcn.core.scores import Floats, Score, score_counts
from ariigcn.evaluation.predictions import Predictions, check_same
from ariigcn.evaluation.statistics.resampling import (
    LEVEL,
    RESAMPLES,
    Draws,
    difference_test,
    draw_dialogues,
    resampled_scores,
)
from ariigcn.evaluation.tables.frames import mean_sd, student_interval

SCORES: tuple[Score, ...] = ("accuracy", "weighted_f1")
COLUMNS = (
    "experiment", "against", "seeds", "dialogues", "utterances",
    "accuracy_difference", "accuracy_low", "accuracy_high",
    "weighted_f1_difference", "weighted_f1_low", "weighted_f1_high", "p_bootstrap", "p_bootstrap_holm",
    "seeds_low", "seeds_high",
    "only_this_right", "only_main_right", "cohens_g", "p_mcnemar", "p_mcnemar_holm", "verdict",
)  # fmt: skip
BETTER, WORSE, UNDECIDED = "better", "worse", "not told apart"
Resampled = list[tuple[Floats, Floats]]  # a score each: by seed [S], by resample [R]
NEEDS_SEEDS, NEEDS_DIALOGUES = "needs more seeds", "needs more dialogues"


def comparisons_frame(
    experiments: Sequence[Predictions], resamples: int = RESAMPLES
) -> pd.DataFrame:
    """One row an experiment but the first, which all others are compared with.

    Only seeds that both have count. Columns are :data:`COLUMNS`: differences are this experiment's
    minus the main one's, shares between -1 and 1, intervals are 95 %. ``only_this_right`` and
    ``only_main_right`` are discordant utterances, mean over seeds; ``p_bootstrap`` is of weighted
    F1, ``p_mcnemar`` of accuracy. ``verdict`` is better or worse
    where the Holm-corrected bootstrap p is below 0.05 and the interval over seeds agrees.
    """
    if len(experiments) < 2:
        return pd.DataFrame(columns=list(COLUMNS))
    main, *others = experiments
    return paired_frame([(other, main) for other in others], resamples)


def paired_frame(
    pairs: Sequence[tuple[Predictions, Predictions]], resamples: int = RESAMPLES
) -> pd.DataFrame:
    """One row a pair, the first of it minus the second, as :func:`comparisons_frame` describes it.

    Raises:
        DataError: two of the experiments were not tested on the same utterances.
    """
    check_same([one for own, main in pairs for one in (main, own)])
    dialogues = pairs[0][0].dialogues
    weights = draw_dialogues(dialogues, resamples) if dialogues else np.zeros((0, 0), np.uint8)
    known: dict[tuple[int, tuple[int, ...]], Resampled] = {}

    def reference(main: Predictions, seeds: tuple[int, ...]) -> Resampled:
        key = (id(main), seeds)  # one experiment is often the second of every pair
        if key not in known:
            known[key] = _scores(main.of_seeds(seeds), weights)
        return known[key]

    frame = pd.DataFrame([_compare(own, main, weights, reference) for own, main in pairs])
    for name in ("p_bootstrap", "p_mcnemar"):
        frame[f"{name}_holm"] = holm(frame[name].to_numpy(dtype=float))
    frame["verdict"] = [_verdict(row) for _, row in frame.iterrows()]
    return frame[list(COLUMNS)]


def holm(p: Floats) -> Floats:
    """Holm's step-down correction (1979) over the tests that could be made, [k] -> [k]; NaN stays NaN."""
    corrected = np.full(len(p), np.nan)
    made = ~np.isnan(p)
    if made.any():
        corrected[made] = multipletests(p[made], method="holm")[1]
    return corrected


def mcnemar_over_seeds(own: Predictions, main: Predictions) -> tuple[float, float, float, float]:
    """Exact McNemar test of accuracy: discordant counts (mean over seeds), Cohen's g, p.

    The same utterances are tested by every seed, so seeds are not pooled into one test, which would
    count each utterance many times. Each pair of seeds is tested; twice the median of p is valid
    whatever the seeds' dependence (Rueger 1978). Cohen's g is b / (b + c) - 1/2 over all seeds.
    """
    gained = (own.correct & ~main.correct).sum(axis=1)
    lost = (~own.correct & main.correct).sum(axis=1)
    p = [mcnemar([[0, b], [c, 0]], exact=True).pvalue for b, c in zip(gained, lost, strict=True)]
    combined = float(p[0]) if len(p) == 1 else min(1.0, 2 * float(np.median(p)))
    discordant = gained.sum() + lost.sum()
    g = float(gained.sum() / discordant - 0.5) if discordant else 0.0
    return float(gained.mean()), float(lost.mean()), g, combined


def _scores(own: Predictions, weights: Draws) -> Resampled:
    """Each of :data:`SCORES` by seed on the test split, [S], and on every resample, [R]."""
    counts = own.counts()
    drawn = resampled_scores(counts, weights, SCORES)
    whole = counts.sum(axis=0)
    return [(score_counts(whole, score), d) for score, d in zip(SCORES, drawn, strict=True)]


def _compare(
    own: Predictions,
    main: Predictions,
    weights: Draws,
    reference: Callable[[Predictions, tuple[int, ...]], Resampled],
) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(COLUMNS, float("nan"))
    shared = [seed for seed in own.seeds if seed in main.seeds]
    row |= {
        "experiment": own.experiment,
        "against": main.experiment,
        "seeds": len(shared),
        "dialogues": own.dialogues,
        "utterances": len(own.true),
    }
    if not shared or not len(own.true):
        return row
    own = own.of_seeds(shared)
    pairs = zip(_scores(own, weights), reference(main, tuple(shared)), strict=True)
    for score, ((seen, drawn), (main_seen, main_drawn)) in zip(SCORES, pairs, strict=True):
        by_seed = seen - main_seen
        low, high, p = difference_test(float(by_seed.mean()), drawn - main_drawn, own.dialogues)
        row |= {f"{score}_difference": by_seed.mean(), f"{score}_low": low, f"{score}_high": high}
    row["p_bootstrap"] = p  # of weighted F1, the last of the two
    row["seeds_low"], row["seeds_high"] = student_interval(
        *mean_sd(by_seed.tolist()), len(shared), LEVEL
    )
    names = ("only_this_right", "only_main_right", "cohens_g", "p_mcnemar")
    return row | dict(zip(names, mcnemar_over_seeds(own, main.of_seeds(shared)), strict=True))


def _verdict(row: "pd.Series[float]") -> str:
    if not row["seeds"]:
        return NEEDS_SEEDS
    if np.isnan(row["p_bootstrap"]):
        return NEEDS_DIALOGUES
    if np.isnan(row["seeds_low"]):
        return NEEDS_SEEDS
    if row["p_bootstrap_holm"] < 1 - LEVEL and row["seeds_low"] > 0:
        return BETTER
    if row["p_bootstrap_holm"] < 1 - LEVEL and row["seeds_high"] < 0:
        return WORSE
    return UNDECIDED
