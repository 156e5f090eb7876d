"""Tables over experiments and seeds, as frames, CSV and LaTeX.

Scores are shares between 0 and 1 in frames and CSV, per cent in LaTeX. ``_mean`` and ``_sd`` are
over seeds; the standard deviation is the sample's (ddof = 1), so one seed has none. Models are
selected on validation, so no column is the best over epochs of a test score.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import t as student

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.evaluation.metrics import Metrics, read_metrics

MODALITY_ORDER = ("text", "audio", "video")
NONE = "\N{EN DASH}"  # where there is nothing to measure
PLUS_MINUS = "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"
SCORES: dict[str, tuple[str, Literal["accuracy", "weighted_f1", "macro_f1"]]] = {
    "accuracy": ("test", "accuracy"),
    "weighted_f1": ("test", "weighted_f1"),
    "macro_f1": ("test", "macro_f1"),
    "validation_weighted_f1": ("validation", "weighted_f1"),
}

TITLES = {
    "accuracy": "Accuracy",
    "weighted_f1": "Weighted F1",
    "macro_f1": "Macro F1",
    "validation_weighted_f1": "Validation weighted F1",
}
REACHABLE = {
    "Reachable accuracy": "reachable_accuracy",
    "Share of reachable": "share_of_reachable",
}


def write_results_table(
    metrics: Mapping[str, Sequence[Path]],
    table: Path,
    out_csv: Path,
    out_per_class: Path,
    out_tex: Path,
) -> None:
    """Write the results of all experiments of one corpus.

    Args:
        metrics: experiment -> its seeds' ``metrics.json``; the order is the tables' order.
        table: the corpus's utterance table, for its reachable accuracies.
        out_csv: one row an experiment, see :func:`results_frame`.
        out_per_class: one row an experiment and class, see :func:`per_class_frame`.
        out_tex: the first table for a paper (booktabs), in per cent.
    """
    results = results_frame(metrics, read_corpus(table))
    for frame, out in ((results, out_csv), (per_class_frame(metrics), out_per_class)):
        with atomic_path(out) as temporary:
            frame.to_csv(temporary, index=False, lineterminator="\n", float_format="%.6f")
    with atomic_path(out_tex) as temporary:
        temporary.write_text(_latex(results), encoding="utf-8")


def results_frame(metrics: Mapping[str, Sequence[Path]], corpus: Corpus) -> pd.DataFrame:
    """One row an experiment.

    Columns: experiment, modalities (``text+audio``), seeds, ``<score>_mean`` and ``<score>_sd`` for
    each of :data:`SCORES`, reachable_accuracy (the best any model can do on the test split from
    these modalities with context; NaN where the corpus does not know), share_of_reachable, and
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
            "seeds": len(seeds),
        }
        for name, (split, score) in SCORES.items():
            values = [s["splits"][split][score] for s in seeds if split in s["splits"]]
            row[f"{name}_mean"], row[f"{name}_sd"] = mean_sd(values)
        row["reachable_accuracy"] = reachable_accuracy(corpus, row["modalities"])
        row["share_of_reachable"] = row["accuracy_mean"] / row["reachable_accuracy"]
        difference = paired_difference(seeds, main)
        for name, value in zip(("mean", "low", "high"), difference, strict=True):
            row[f"difference_{name}"] = value
        rows.append(row)
    return pd.DataFrame(rows)


def per_class_frame(metrics: Mapping[str, Sequence[Path]]) -> pd.DataFrame:
    """One row an experiment and class of the test split: f1_mean, f1_sd, support.

    F1 is NaN for a class that the test split does not have.
    """
    rows = []
    for experiment, files in metrics.items():
        seeds = read_seeds(files)
        tests = [s["splits"]["test"]["per_class"] for s in seeds if "test" in s["splits"]]
        for label in seeds[0]["labels"]:
            scores = [test[label]["f1"] for test in tests]
            mean, sd = mean_sd([f1 for f1 in scores if f1 is not None])
            support = tests[0][label]["support"] if tests else 0
            rows.append((experiment, label, mean, sd, support))
    return pd.DataFrame(rows, columns=["experiment", "emotion", "f1_mean", "f1_sd", "support"])


def read_seeds(files: Sequence[Path]) -> list[Metrics]:
    """The seeds of one experiment, which must be different runs of one setting."""
    seeds = [read_metrics(file) for file in files]
    if not seeds:
        raise DataError("an experiment has no seeds; train at least one")
    first = seeds[0]
    for file, seed in zip(files, seeds, strict=True):
        for key in ("corpus", "labels", "experiment", "modalities"):
            if seed[key] != first[key]:
                raise DataError(f"{file} and {files[0]} differ in {key}; evaluate again")
    if len({seed["seed"] for seed in seeds}) != len(seeds):
        raise DataError(f"{files[0]}: a seed stands twice in this experiment; name each once")
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
    half = float(student.ppf(0.975, len(differences) - 1)) * sd / len(differences) ** 0.5
    return mean, mean - half, mean + half


def mean_sd(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (ddof = 1); NaN where there are too few values."""
    mean = float(np.mean(values)) if len(values) else float("nan")
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return mean, sd


def modality_key(modalities: Sequence[str]) -> str:
    """``text+audio+video``, in this order whatever the given one."""
    return "+".join(m for m in MODALITY_ORDER if m in modalities)


def reachable_accuracy(corpus: Corpus, modalities: str) -> float:
    """Reachable test accuracy with context for a :func:`modality_key`; NaN where not known."""
    of_test = corpus.extra.get("reachable", {}).get("test", {})
    return float(of_test.get(modalities, {}).get("with_context", float("nan")))


def percent(mean: float, sd: float = float("nan")) -> str:
    """``71.2 ± 0.8`` in per cent; without the spread where there is none, empty where no mean."""
    if np.isnan(mean):
        return ""
    return f"{100 * mean:.1f}" if np.isnan(sd) else f"{100 * mean:.1f}{PLUS_MINUS}{100 * sd:.1f}"


def _latex(results: pd.DataFrame) -> str:
    shown = results[["experiment", "modalities", "seeds"]].rename(columns=str.capitalize)
    for name, title in TITLES.items():
        pairs = zip(results[f"{name}_mean"], results[f"{name}_sd"], strict=True)
        shown[title] = [percent(mean, sd) for mean, sd in pairs]
    for title, name in REACHABLE.items():
        shown[title] = [percent(value) for value in results[name]]
    empty = [column for column in shown if (shown[column] == "").all()]
    shown = shown.drop(columns=empty)
    columns = "ll" + "r" * (len(shown.columns) - 2)
    body = shown.to_latex(index=False, escape=True, column_format=columns)
    return f"% needs booktabs; per cent, mean ± standard deviation over seeds\n{body}"
