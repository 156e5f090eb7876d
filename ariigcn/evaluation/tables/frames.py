"""Tables over experiments and seeds, as frames.

Scores are shares between 0 and 1. ``_mean`` and ``_sd`` are over seeds; the standard deviation is
the sample's (ddof = 1), so one seed has none; ``_low`` and ``_high`` are the 95 % interval of the
mean over seeds, after Student. Models are selected on validation, so no column is the best over
epochs of a test score.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import t as student

from ariigcn.core.errors import DataError
from ariigcn.core.modality import MODALITIES
from ariigcn.core.seals import verify
from ariigcn.corpora.table import Corpus
from ariigcn.evaluation.run_files import Metrics, read_metrics

ANY = "any"  # in the place of a modality, in the table of missing ones: all are masked at random
FILLED_BY = ("model", "mean", "zeros")  # what stands in for a missing one; first the model's own
NONE = "\N{EN DASH}"  # where there is nothing to measure
MINUS = "\N{MINUS SIGN}"
PLUS_MINUS = "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"
# Columns of words: an emotion may be called 1 or None, an experiment 64.
WORDS = (
    "experiment", "trained_as", "against", "modalities", "modality", "filled_by", "emotion", "by", "group",
    "verdict", "published", "address",
)  # fmt: skip
Score = Literal["accuracy", "weighted_f1", "macro_f1", "micro_f1_without_neutral"]
SCORES: dict[str, tuple[str, Score]] = {
    "accuracy": ("test", "accuracy"),
    "weighted_f1": ("test", "weighted_f1"),
    "macro_f1": ("test", "macro_f1"),
    "micro_f1_without_neutral": ("test", "micro_f1_without_neutral"),
    "validation_weighted_f1": ("validation", "weighted_f1"),
}

TITLES = {
    "accuracy": "Accuracy",
    "weighted_f1": "Weighted F1",
    "macro_f1": "Macro F1",
    "micro_f1_without_neutral": "Micro F1 without neutral",
    "validation_weighted_f1": "Validation weighted F1",
}
REACHABLE = {
    "Reachable accuracy": "reachable_accuracy",
    "Share of reachable": "share_of_reachable",
}


def results_frame(metrics: Mapping[str, Sequence[Path]], corpus: Corpus) -> pd.DataFrame:
    """One row an experiment.

    Columns: experiment, modalities (``text+audio``), trained_as (the experiment whose runs these are:
    itself, or an earlier one that equals it), seeds, ``<score>_`` mean, sd, low and high for
    each of :data:`SCORES`, reachable_accuracy (what a perfect classifier is expected to reach on the
    test split from these modalities with context; NaN where the corpus does not know) with
    :func:`reachable_interval` as reachable_low and reachable_high, share_of_reachable, and
    :func:`paired_difference` of test weighted F1 to the first experiment as difference_mean,
    difference_low and difference_high.
    """
    rows = []
    runs = {experiment: read_seeds(files) for experiment, files in metrics.items()}
    main = next(iter(runs.values()), [])
    for experiment, seeds in runs.items():
        row: dict[str, Any] = {
            "experiment": experiment,
            "modalities": modality_key(seeds[0]["modalities"]),
            "trained_as": seeds[0]["experiment"],
            "seeds": len(seeds),
        }
        for name, (split, score) in SCORES.items():
            found = [s["splits"][split][score] for s in seeds if split in s["splits"]]
            values = [value for value in found if value is not None]
            row[f"{name}_mean"], row[f"{name}_sd"] = mean_sd(values)
            row[f"{name}_low"], row[f"{name}_high"] = seeds_interval(values)
        row["reachable_accuracy"] = reachable_accuracy(corpus, row["modalities"])
        tested = seeds[0]["splits"]["test"]["n"] if "test" in seeds[0]["splits"] else 0
        low, high = reachable_interval(row["reachable_accuracy"], tested)
        row |= {"reachable_low": low, "reachable_high": high}
        row["share_of_reachable"] = row["accuracy_mean"] / row["reachable_accuracy"]
        difference = paired_difference(seeds, main)
        for name, value in zip(("mean", "low", "high"), difference, strict=True):
            row[f"difference_{name}"] = value
        rows.append(row)
    return pd.DataFrame(rows)


def read_frame(path: Path) -> pd.DataFrame:
    """A table that :func:`~ariigcn.evaluation.tables.write.write_tables` wrote as CSV.

    Raises:
        DataError: the file is damaged.
    """
    words = dict.fromkeys(WORDS, str)
    return pd.read_csv(verify(path), dtype=words, keep_default_na=False, na_values=[""])


def per_class_frame(metrics: Mapping[str, Sequence[Path]]) -> pd.DataFrame:
    """One row an experiment and class of the test split: f1_mean, f1_sd, f1_low, f1_high, support.

    F1 is NaN for a class that the test split does not have.
    """
    rows = []
    for experiment, files in metrics.items():
        seeds = read_seeds(files)
        tests = [s["splits"]["test"]["per_class"] for s in seeds if "test" in s["splits"]]
        for label in seeds[0]["labels"]:
            scores = [test[label]["f1"] for test in tests]
            found = [f1 for f1 in scores if f1 is not None]
            support = tests[0][label]["support"] if tests else 0
            rows.append((experiment, label, *mean_sd(found), *seeds_interval(found), support))
    names = ["experiment", "emotion", "f1_mean", "f1_sd", "f1_low", "f1_high", "support"]
    return pd.DataFrame(rows, columns=names)


def read_seeds(files: Sequence[Path]) -> list[Metrics]:
    """The seeds of one experiment, which must be different runs of one setting.

    Raises:
        DataError: there is none, one is there twice, or two are of different settings.
    """
    seeds = [read_metrics(file) for file in files]
    if not seeds:
        raise DataError("an experiment has no seeds; train at least one")
    first = seeds[0]
    for file, seed in zip(files, seeds, strict=True):
        for key in ("corpus", "labels", "experiment", "modalities"):
            if seed[key] != first[key]:
                raise DataError(f"{file} and {files[0]} differ in {key}; evaluate again")
    if len({seed["seed"] for seed in seeds}) != len(seeds):
        raise DataError(f"{files[0]}: this experiment has the same seed twice; name each seed once")
    return seeds


def paired_difference(
    seeds: Sequence[Metrics], main: Sequence[Metrics]
) -> tuple[float, float, float]:
    """Test weighted F1 minus the main experiment's, paired by seed: mean, 95 % interval.

    Student's t over the seeds that both have; NaN against itself and where there are too few.
    """
    own, other = (
        {s["seed"]: s["splits"]["test"]["weighted_f1"] for s in runs if "test" in s["splits"]}
        for runs in (seeds, main)
    )
    differences = [own[seed] - other[seed] for seed in own if seed in other]
    if seeds[0]["experiment"] == main[0]["experiment"] or not differences:
        return (float("nan"),) * 3
    mean, sd = mean_sd(differences)
    return (mean, *student_interval(mean, sd, len(differences)))


def mean_sd(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (ddof = 1); NaN where there are too few values."""
    mean = float(np.mean(values)) if len(values) else float("nan")
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return mean, sd


def student_interval(
    mean: float, sd: float, count: int, level: float = 0.95
) -> tuple[float, float]:
    """Interval of a mean over ``count`` values, mean +- t sd / sqrt(count); NaN for one value."""
    if count < 2:
        return float("nan"), float("nan")
    half = float(student.ppf((1 + level) / 2, count - 1)) * sd / count**0.5
    return mean - half, mean + half


def seeds_interval(values: Sequence[float], most: float = 1.0) -> tuple[float, float]:
    """:func:`student_interval` of scores, cut to what a score can be, 0 to ``most``."""
    low, high = student_interval(*mean_sd(values), len(values))
    return (low, high) if np.isnan(low) else (max(low, 0.0), min(high, most))


def modality_key(modalities: Sequence[str]) -> str:
    """``text+audio+video``, always in this order."""
    return "+".join(m for m in MODALITIES if m in modalities)


def reachable_accuracy(corpus: Corpus, modalities: str) -> float:
    """Reachable test accuracy with context for a :func:`modality_key`; NaN where not known."""
    of_test = corpus.extra.get("reachable", {}).get("test", {})
    return float(of_test.get(modalities, {}).get("with_context", float("nan")))


def reachable_interval(expected: float, utterances: int) -> tuple[float, float]:
    """Where 95 % of a perfect classifier's scores lie on n utterances: expected -+ 1.96 sd; NaN for n = 0.

    The binomial's sd, sqrt(p (1 - p) / n), as if it were right in each utterance by a draw of its
    own [ours]: utterances of one dialogue depend on each other, so the true range is somewhat wider.
    """
    if not utterances:
        return float("nan"), float("nan")
    half = 1.96 * (expected * (1 - expected) / utterances) ** 0.5
    return max(expected - half, 0.0), min(expected + half, 1.0)


def decimal(value: float, digits: int) -> str:
    """A number with a true minus sign, and none before a zero."""
    text = f"{value:.{digits}f}".replace("-", MINUS)
    return text if text.strip(f"{MINUS}0.") else text.lstrip(MINUS)


def percent(mean: float, sd: float = float("nan")) -> str:
    """``71.2 ± 0.8`` in per cent; without the spread where there is none, empty where no mean."""
    if np.isnan(mean):
        return ""
    return f"{100 * mean:.1f}" if np.isnan(sd) else f"{100 * mean:.1f}{PLUS_MINUS}{100 * sd:.1f}"
