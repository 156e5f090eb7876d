"""Scores of one trained model: what ``metrics.json`` holds.

Labels go by name. Only labelled utterances count, and only the splits that no weight was fitted on
are scored. All scores are shares between 0 and 1.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.storage import write_json
from ariigcn.evaluation.run_files import ClassScores, Metrics, SplitScores, read_run_table

SCORED_SPLITS = ("validation", "test")
NEUTRAL = "neutral"


def evaluate_experiment(prediction_files: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Score each seed's ``predictions.parquet`` into the ``metrics.json`` at the same position."""
    for source, out in zip(prediction_files, outputs, strict=True):
        write_json(evaluate(source), out)


def evaluate(predictions: Path) -> Metrics:
    """Scores of one seed.

    Raises:
        DataError: the file is not a run's, or holds a label that its head does not name.
    """
    frame, head = read_run_table(predictions)
    labels = list(head["labels"])
    _check_labels(frame, labels, predictions)
    labelled = frame[frame["label"].notna()]
    splits = {
        split: score(rows["label"].tolist(), rows["prediction"].tolist(), labels)
        for split in SCORED_SPLITS
        if len(rows := labelled[labelled["split"] == split])
    }
    return Metrics(
        corpus=head["corpus"],
        experiment=head["experiment"],
        seed=head["seed"],
        labels=labels,
        modalities=list(head["modalities"]),
        selected_epoch=head["selected_epoch"],
        epochs=head["epochs"],
        splits=splits,
    )


def score(true: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> SplitScores:
    """Scores of one split, ``true`` and ``predicted`` of equal length n > 0.

    Macro F1 is the mean over the classes that the split has: an absent class has no F1. A class
    that is never predicted has precision 0. Micro F1 without neutral counts hits, predictions and
    labels of all other classes together, as is usual for DailyDialog, most of which is neutral.
    """
    present = [label for label in labels if label in set(true)]
    columns = precision_recall_fscore_support(true, predicted, labels=labels, zero_division=0)
    per_class: dict[str, ClassScores] = {}
    for label, *values, support in zip(labels, *columns, strict=True):
        precision, recall, f1 = (float(v) if support else None for v in values)
        per_class[label] = ClassScores(
            precision=precision, recall=recall, f1=f1, support=int(support)
        )
    f1_of = {"labels": present, "zero_division": 0}
    return SplitScores(
        n=len(true),
        accuracy=float(accuracy_score(true, predicted)),
        weighted_f1=float(f1_score(true, predicted, average="weighted", **f1_of)),
        macro_f1=float(f1_score(true, predicted, average="macro", **f1_of)),
        micro_f1_without_neutral=_without_neutral(true, predicted, labels),
        per_class=per_class,
        confusion=confusion_matrix(true, predicted, labels=labels).tolist(),
    )


def _without_neutral(
    true: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> float | None:
    if NEUTRAL not in labels:
        return None
    others = [label for label in labels if label != NEUTRAL]
    return float(f1_score(true, predicted, average="micro", labels=others, zero_division=0))


def _check_labels(frame: pd.DataFrame, labels: list[str], path: Path) -> None:
    known_label = frame["label"].isna() | frame["label"].isin(labels)
    known_prediction = frame["label"].isna() | frame["prediction"].isin(labels)
    problems = [
        f"{row['utterance_id']}: {column} '{row[column]}' is not one of {', '.join(labels)}"
        for column, known in (("label", known_label), ("prediction", known_prediction))
        for _, row in frame[~known].iterrows()
    ]
    if problems:
        raise DataError(problem_list(f"{path} cannot be scored", problems))
