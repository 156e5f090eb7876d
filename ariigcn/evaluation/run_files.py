"""What a run leaves for tables, figures and the report: its two tables, and its ``metrics.json``.

Apart from how they are scored, so that their readers start without scikit-learn.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from ariigcn.core.storage import read_json, read_table


class ClassScores(TypedDict):
    """One class in one split; scores are None where the split has no utterance of the class."""

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


class SplitScores(TypedDict):
    """One split; ``confusion`` is C x C counts, rows true, columns predicted, in label order.

    ``micro_f1_without_neutral`` is None where no label is :data:`NEUTRAL`.
    """

    n: int
    accuracy: float
    weighted_f1: float
    macro_f1: float
    micro_f1_without_neutral: float | None
    per_class: dict[str, ClassScores]
    confusion: list[list[int]]


class Metrics(TypedDict):
    """A ``metrics.json``; a split without labelled utterances is absent from ``splits``."""

    corpus: str
    experiment: str
    seed: int
    labels: list[str]
    modalities: list[str]
    selected_epoch: int
    epochs: int
    splits: dict[str, SplitScores]


def read_metrics(path: Path) -> Metrics:
    """Read a ``metrics.json``."""
    metrics: Metrics = read_json(path, "a metrics file")  # type: ignore[assignment]
    return metrics


def read_run_table(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows and head of a run's ``predictions.parquet`` or ``history.parquet``."""
    table, head = read_table(path, "a table of a run")
    return table.to_pandas(), head


def at_selected(frame: pd.DataFrame, head: Mapping[str, Any], column: str) -> float | None:
    """A diagnostic at a run's selected epoch; None where its history has none.

    Args:
        frame, head: a history and what it says of itself, of :func:`read_run_table`.
        column: the diagnostic's.
    """
    if column not in frame:
        return None
    values = frame.loc[frame["epoch"] == head["selected_epoch"], column].dropna()
    return float(values.iloc[0]) if len(values) else None
