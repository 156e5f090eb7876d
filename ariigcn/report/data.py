"""What the page says of the corpus: its splits, emotions and sources, and what can be reached on it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ariigcn.core.files import sha256_file
from ariigcn.corpora.table import SPLITS, Corpus
from ariigcn.report.cells import Cell, Number, TableView, measured


def data_views(corpus: Corpus) -> list[TableView]:
    """Splits, emotions and, where the corpus knows, what can be reached."""
    reachable = reachable_view(corpus)
    return [splits_view(corpus), labels_view(corpus), *([reachable] if reachable else [])]


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


def sources_view(corpus: Corpus) -> TableView:
    """What the utterance table was read from."""
    rows = tuple((source, digest[:12]) for source, digest in corpus.sources.items())
    return TableView("Sources of the utterance table", ("Source", "sha256"), rows)


def digests_view(paths: Sequence[Path]) -> TableView:
    """What this page was made from, to tell whether two pages are of the same data."""
    rows = tuple((path.name, sha256_file(path)[:12]) for path in paths)
    return TableView("Utterance table and feature files", ("File", "sha256"), rows)


def _splits(corpus: Corpus) -> list[tuple[str, pd.DataFrame]]:
    frame = corpus.utterances
    parts = [(name, frame[frame["split"] == name]) for name in SPLITS]
    return [(name, part) for name, part in parts if len(part)]
