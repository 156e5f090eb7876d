"""What the page says of scores: the best experiment, and tables of results, ablations and classes.

``results`` has the columns of :func:`~ariigcn.evaluation.tables.frames.results_frame`, ``per_class``
those of :func:`~ariigcn.evaluation.tables.frames.per_class_frame`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ariigcn.evaluation.tables.frames import NONE, REACHABLE, TITLES, percent
from ariigcn.evaluation.tables.latex import span
from ariigcn.report.cells import Cell, Number, TableView, difference, measured


def best_experiment(results: pd.DataFrame) -> tuple[int, str]:
    """Row of the experiment to speak of first, and by what it was chosen.

    Validation decides. Only where a corpus has no validation split does the test split, and the
    page says so. With neither, the first row.
    """
    for column, basis in (
        ("validation_weighted_f1_mean", "the highest weighted F1 on the validation split"),
        ("accuracy_mean", "the highest accuracy on the test split (there is no validation split)"),
    ):
        if results[column].notna().any():
            return int(np.nanargmax(results[column].to_numpy(dtype=float))), basis
    return 0, "the first of the configuration"


def results_view(results: pd.DataFrame, marked: str) -> TableView:
    """The results, an experiment a row, one of them marked; columns that nobody has are left out."""
    columns: dict[str, list[Cell]] = {
        "Experiment": list(results["experiment"]),
        "Modalities": [m.replace("+", ", ") for m in results["modalities"]],
        "Seeds": [Number(str(n)) for n in results["seeds"]],
    }
    for name, title in TITLES.items():
        if results[f"{name}_mean"].notna().any():
            pairs = zip(results[f"{name}_mean"], results[f"{name}_sd"], strict=True)
            columns[title] = [measured(mean, sd) for mean, sd in pairs]
    if results["reachable_accuracy"].notna().any():
        columns |= _reachable(results)
    return TableView(
        "Per cent, mean ± standard deviation over seeds",
        tuple(columns),
        tuple(zip(*columns.values(), strict=True)),
        tuple(np.flatnonzero(results["experiment"] == marked)),
    )


def _reachable(results: pd.DataFrame) -> dict[str, list[Cell]]:
    """What is reachable with its range, and the share of it; a dagger where luck lifts it above all."""
    expected, share = REACHABLE
    ranges = zip(results["reachable_low"], results["reachable_high"], strict=True)
    values = zip(results["reachable_accuracy"], ranges, strict=True)
    above = "\N{DAGGER}"
    return {
        expected: [Number(percent(value) or NONE, span(*range_)) for value, range_ in values],
        share: [
            Number(percent(value) or NONE, above if value > 1 else "")
            for value in results["share_of_reachable"]
        ],
    }


def ablations_view(results: pd.DataFrame, changes: Mapping[str, str]) -> TableView | None:
    """The main experiment, and below it those that change a setting of it; None where none does.

    Args:
        results: of all experiments, the main one first.
        changes: experiment -> what it sets.
    """
    if not changes:
        return None
    shown = results[(results.index == 0) | results["experiment"].isin(changes)]
    rows: list[tuple[Cell, ...]] = []
    for _, row in shown.iterrows():
        test, validation = (
            measured(row[f"{score}_mean"], row[f"{score}_sd"])
            for score in ("weighted_f1", "validation_weighted_f1")
        )
        apart = difference(row["difference_mean"], row["difference_low"], row["difference_high"])
        name = str(row["experiment"])
        rows.append((name, test, apart, validation, changes.get(name, NONE)))
    main = results["experiment"].iloc[0]
    columns = (
        "Experiment", "Weighted F1", f"Minus {main}", "Validation weighted F1", "Sets",
    )  # fmt: skip
    caption = "Per cent, mean ± standard deviation over seeds; differences with their 95 % interval"
    return TableView(caption, columns, tuple(rows), (0,))


def per_class_view(per_class: pd.DataFrame, labels: Sequence[str], best: str) -> TableView:
    """F1 by experiment and class, below the number of test utterances of each class."""
    experiments = list(per_class["experiment"].unique())
    cells = per_class.set_index(["experiment", "emotion"])
    support = [Number(f"{cells.loc[(experiments[0], e), 'support']:,}") for e in labels]
    rows: list[tuple[Cell, ...]] = [("Test utterances", *support)]
    for experiment in experiments:
        scores = (cells.loc[(experiment, emotion)] for emotion in labels)
        rows.append((experiment, *(measured(s["f1_mean"], s["f1_sd"]) for s in scores)))
    caption = "F1 on the test split in per cent, mean ± standard deviation over seeds"
    return TableView(caption, ("Experiment", *labels), tuple(rows), (1 + experiments.index(best),))
