"""What the page shows, as plain tables and sentences; nothing here knows about HTML."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ariigcn.core.files import sha256_file
from ariigcn.corpora.table import SPLITS, Corpus
from ariigcn.evaluation.tables.frames import (
    NONE,
    PLUS_MINUS,
    REACHABLE,
    TITLES,
    modality_key,
    percent,
)
from ariigcn.evaluation.tables.latex import signed, span
from ariigcn.features.store import Status, StoreHeader, open_store


@dataclass(frozen=True)
class Number:
    """A number of a table and, beside it in a column of its own, its spread or share."""

    value: str
    beside: str = ""


Cell = str | Number


@dataclass(frozen=True)
class TableView:
    """A table: each row's first cell is its heading; ``marked`` rows stand out."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: tuple[int, ...] = ()

    @property
    def numeric(self) -> frozenset[int]:
        """Columns of numbers."""
        return frozenset(i for r in self.rows for i, c in enumerate(r) if isinstance(c, Number))

    @property
    def paired(self) -> frozenset[int]:
        """Columns where some number has something beside it: all keep its room."""
        cells = ((i, c) for row in self.rows for i, c in enumerate(row))
        return frozenset(i for i, c in cells if isinstance(c, Number) and c.beside)


@dataclass(frozen=True)
class FeatureView:
    """One feature store: who made it, and what became of the utterances."""

    header: StoreHeader
    counts: dict[Status, int]
    masked: tuple[tuple[str, Status, str], ...]

    @property
    def total(self) -> int:
        """Utterances in the store."""
        return sum(self.counts.values())

    @property
    def used(self) -> int:
        """Utterances with evidence."""
        return self.counts[Status.OK]


def measured(mean: float, sd: float = float("nan")) -> Number:
    """A share as per cent with its spread over seeds."""
    value, _, spread = percent(mean, sd).partition(PLUS_MINUS)
    return Number(value or NONE, f"± {spread}" if spread else "")


def difference(value: float, low: float, high: float) -> Number:
    """A difference in points with its interval, all with their signs; a dash where there is none."""
    return Number(signed(value) or NONE, span(low, high, signs=True))


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
        columns |= {
            title: [measured(v) for v in results[name]] for title, name in REACHABLE.items()
        }
    return TableView(
        "Per cent, mean ± standard deviation over seeds",
        tuple(columns),
        tuple(zip(*columns.values(), strict=True)),
        tuple(np.flatnonzero(results["experiment"] == marked)),
    )


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


def splits_view(corpus: Corpus) -> TableView:
    """Size of each split."""
    rows: list[tuple[Cell, ...]] = []
    for name, part in [*_splits(corpus), ("all", corpus.utterances)]:
        labelled = int(part["emotion"].notna().sum())
        counts = (
            part["dialogue_id"].nunique(),
            len(part),
            labelled,
            len(part) - labelled,
            part["speaker"].nunique(),
        )
        rows.append((name, *(Number(f"{count:,}") for count in counts)))
    columns = ("Split", "Dialogues", "Utterances", "Labelled", "Context only", "Speakers")
    return TableView("Size of each split", columns, tuple(rows))


def labels_view(corpus: Corpus) -> TableView:
    """Labelled utterances by emotion and split, with their share of the split in per cent."""
    splits = _splits(corpus)
    rows: list[tuple[Cell, ...]] = []
    for label in corpus.labels:
        cells = []
        for _, part in splits:
            count = int((part["emotion"] == label).sum())
            share = 100 * count / max(int(part["emotion"].notna().sum()), 1)
            cells.append(Number(f"{count:,}", f"{share:.1f} %"))
        rows.append((label, *cells))
    return TableView(
        "Labelled utterances by emotion, and their share of the split",
        ("Emotion", *(name for name, _ in splits)),
        tuple(rows),
    )


def reachable_view(corpus: Corpus) -> TableView | None:
    """What any model can reach at most on the test split; None where the corpus does not know."""
    of_test = corpus.extra.get("reachable", {}).get("test", {})
    if not of_test:
        return None
    rows = tuple(
        (
            key.replace("+", ", "),
            measured(values.get("with_context", np.nan)),
            measured(values.get("without_context", np.nan)),
        )
        for key, values in of_test.items()
    )
    columns = ("Modalities", "With context", "Without context")
    return TableView("Reachable test accuracy in per cent", columns, rows)


def feature_view(path: Path) -> FeatureView:
    """Read what a store says of itself; no values are read."""
    with open_store(path) as store:
        status = pd.Series([str(s) for s in store.status])
        masked = tuple(
            (utterance, state, message)
            for utterance, state, message in zip(
                store.utterance_ids, store.status, store.messages, strict=True
            )
            if state != Status.OK
        )
        counts = {state: int((status == str(state)).sum()) for state in Status}
        return FeatureView(store.header, counts, masked)


def status_view(features: Sequence[FeatureView]) -> TableView:
    """Utterances by modality and status; statuses that nobody has are left out."""
    shown = [s for s in Status if s == Status.OK or any(f.counts[s] for f in features)]
    names = ["used" if s == Status.OK else str(s) for s in shown]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            feature.header.modality,
            feature.header.encoder,
            *(Number(f"{feature.counts[s]:,}") for s in shown),
            Number(f"{feature.total:,}"),
        )
        for feature in features
    )
    return TableView(
        "Utterances by modality and what became of them",
        ("Modality", "Encoder", *names, "all"),
        rows,
    )


def masked_view(features: Sequence[FeatureView], listed: int) -> TableView:
    """The masked utterances, at most ``listed`` a modality."""
    rows = tuple(
        (utterance, feature.header.modality, str(state), message)
        for feature in features
        for utterance, state, message in feature.masked[:listed]
    )
    columns = ("Utterance", "Modality", "Status", "Message")
    return TableView("Masked utterances", columns, rows)


def encoders_view(features: Sequence[FeatureView]) -> TableView:
    """Who made the vectors, from which weights, with which parameters."""
    rows = tuple(
        (
            f.header.modality,
            f"{f.header.encoder} {f.header.encoder_version}".strip(),
            Number(f"{f.header.dimension:,}"),
            f.header.weights_sha256[:12] or "no weights",
            f.header.fitted_on,
            parameters_text(f.header.parameters),
        )
        for f in features
    )
    columns = ("Modality", "Encoder", "Dimensions", "Weights' sha256", "Fitted on", "Parameters")
    return TableView("Encoders", columns, rows)


def parameters_text(parameters: Mapping[str, object]) -> str:
    """``name=value`` pairs, in order of name."""
    return ", ".join(f"{key}={_plain(parameters[key])}" for key in sorted(parameters)) or "none"


def sources_view(corpus: Corpus) -> TableView:
    """What the utterance table was read from."""
    rows = tuple((source, digest[:12]) for source, digest in corpus.sources.items())
    return TableView("Sources of the utterance table", ("Source", "sha256"), rows)


def digests_view(paths: Sequence[Path]) -> TableView:
    """What this page was made from, to tell whether two pages are of the same data."""
    rows = tuple((path.name, sha256_file(path)[:12]) for path in paths)
    return TableView("Utterance table and feature files", ("File", "sha256"), rows)


def experiment_modalities(results: pd.DataFrame, row: int) -> str:
    """The modalities of one row as words: ``text, audio and video``."""
    names = modality_key(str(results["modalities"].iloc[row]).split("+")).split("+")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _splits(corpus: Corpus) -> list[tuple[str, pd.DataFrame]]:
    frame = corpus.utterances
    parts = [(name, frame[frame["split"] == name]) for name in SPLITS]
    return [(name, part) for name, part in parts if len(part)]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
