"""What differs between two results folders: settings, scores with their tests, and utterances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ariigcn.core.errors import DataError
from ariigcn.core.scores import score_counts
from ariigcn.core.settings import unknown_name
from ariigcn.evaluation.predictions import Predictions, read_predictions
from ariigcn.evaluation.run_files import read_run_table
from ariigcn.evaluation.statistics.comparisons import paired_frame
from ariigcn.evaluation.tables.frames import NONE
from ariigcn.report.compare.results import Results
from ariigcn.report.words import count, joined

SAME = "A"  # what B's experiments are compared with, in sentences
CHANGES = (
    "experiment", "utterance_id", "emotion", "a_prediction", "b_prediction", "a_right", "b_right",
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Two results side by side; every difference is B's minus A's.

    Attributes:
        a, b: the folders.
        corpus: what both were tested on.
        scores: a row a pair, of :func:`~ariigcn.evaluation.statistics.comparisons.paired_frame`, and
            ``a_`` and ``b_`` weighted_f1 and accuracy, means over all seeds of each.
        settings: setting, a, b, experiments: what both do not have alike, and in which pairs.
        changes: :data:`CHANGES`, an utterance a row whose share of seeds that are right is another;
            ``_right`` is that share, ``_prediction`` what most seeds say.
        notes: what a reader must know.
    """

    a: Results
    b: Results
    corpus: str
    scores: pd.DataFrame
    settings: pd.DataFrame
    changes: pd.DataFrame
    notes: tuple[str, ...]


def compare(a: Results, b: Results, pairs: Mapping[str, str] | None = None) -> Comparison:
    """Compare the experiments of two folders.

    Args:
        a: the one before.
        b: the one after.
        pairs: A's experiment -> B's; None or empty: those of the same name.

    Raises:
        DataError: nothing can be paired, or a pair was not tested on the same emotions or on any
            utterance that both have.
    """
    chosen = _pairs(a, b, pairs or {})
    read: list[tuple[Predictions, Predictions]] = []
    notes: list[str] = []
    for name, other in chosen.items():
        before, after = (
            read_predictions(a.predictions(name)),
            read_predictions(b.predictions(other)),
        )
        before, after, told = _common(before, after, _called(name, other))
        read.append((before, after))
        notes += told
    scores = paired_frame([(after, before) for before, after in read])
    scores["experiment"] = [_called(*pair) for pair in chosen.items()]
    scores["against"] = SAME
    for side, place in (("a", 0), ("b", 1)):
        for score in ("weighted_f1", "accuracy"):
            scores[f"{side}_{score}"] = [_score(pair[place], score) for pair in read]
    named = list(zip(chosen.items(), read, strict=True))
    changes = [_changes(_called(*pair), *predictions) for pair, predictions in named]
    notes += _alone(a, b, chosen) + _unshared(chosen, read)
    _, head = read_run_table(a.predictions(next(iter(chosen)))[0])
    return Comparison(
        a, b, head["corpus"], scores, _settings(a, b, chosen), pd.concat(changes), tuple(notes)
    )


def _pairs(a: Results, b: Results, asked: Mapping[str, str]) -> dict[str, str]:
    for side, results, names in (("A", a, asked.keys()), ("B", b, asked.values())):
        for name in names:
            if name not in results.runs:
                known = list(results.runs)
                raise DataError(f"{side}: {unknown_name(name, known, 'experiment')}")
    same = {name: name for name in a.runs if name in b.runs}
    if not (asked or same):
        raise DataError(
            f"no experiment has the same name in both: A has {joined(list(a.runs))}, B has "
            f"{joined(list(b.runs))}; name a pair with --pair NAME_IN_A=NAME_IN_B"
        )
    return dict(asked) or same


def _called(name: str, other: str) -> str:
    return name if name == other else f"{name} \N{RIGHTWARDS ARROW} {other}"


def _common(
    a: Predictions, b: Predictions, name: str
) -> tuple[Predictions, Predictions, list[str]]:
    """Both on the utterances that both have with one and the same label."""
    if a.labels != b.labels:
        raise DataError(
            f"{name}: A knows the emotions {', '.join(a.labels)}, B {', '.join(b.labels)}; only "
            "models of the same emotions can be compared"
        )
    place = {utterance: row for row, utterance in enumerate(b.utterance_ids)}
    rows = [
        (row, place[utterance])
        for row, utterance in enumerate(a.utterance_ids)
        if utterance in place and a.true[row] == b.true[place[utterance]]
    ]
    if not rows:
        raise DataError(f"{name}: A and B have no labelled test utterance in common")
    own, other = np.array(rows).T
    notes = []
    if len(rows) < max(len(a.true), len(b.true)):
        notes.append(
            f"{name} is compared on the {count(len(rows), 'test utterance')} that both have with the "
            f"same label; A has {len(a.true):,}, B {len(b.true):,}."
        )
    before, after = a.of_rows(own), b.of_rows(other)
    pairs = set(zip(before.dialogue.tolist(), after.dialogue.tolist(), strict=True))
    if not len(pairs) == before.dialogues == after.dialogues:
        notes.append(f"{name}: B has other dialogues than A; those of A are resampled.")
    # Both by one numbering: ids may be sorted otherwise in B.
    return before, replace(after, dialogue=before.dialogue), notes


def _score(own: Predictions, score: str) -> float:
    whole = own.counts().sum(axis=0)
    return float(score_counts(whole, score).mean())  # type: ignore[arg-type]


def _changes(name: str, a: Predictions, b: Predictions) -> pd.DataFrame:
    """The utterances that another share of seeds has right, those that B lost first."""
    labels = np.array(a.labels, dtype=object)
    frame = pd.DataFrame(
        {"experiment": name, "utterance_id": a.utterance_ids, "emotion": labels[a.true]}
    )
    for side, own in (("a", a), ("b", b)):
        votes = np.stack([(own.predicted == c).sum(axis=0) for c in range(len(labels))])
        frame[f"{side}_prediction"] = labels[votes.argmax(axis=0)]
        frame[f"{side}_right"] = own.correct.mean(axis=0)
    moved = frame["b_right"] - frame["a_right"]
    frame = frame.assign(moved=moved)[moved != 0].sort_values("moved", kind="stable")
    return frame[list(CHANGES)]


def _settings(a: Results, b: Results, pairs: Mapping[str, str]) -> pd.DataFrame:
    found: dict[tuple[str, str, str], list[str]] = {}
    for name, other in pairs.items():
        before, after = a.settings(name), b.settings(other)
        for key in _both(before, after):
            values = before.get(key, NONE), after.get(key, NONE)
            if values[0] != values[1]:
                found.setdefault((key, *values), []).append(_called(name, other))
    rows = [
        (*setting, "all" if len(names) == len(pairs) else ", ".join(names))
        for setting, names in found.items()
    ]
    return pd.DataFrame(rows, columns=["setting", "a", "b", "experiments"])


def _both(a: Mapping[str, str], b: Mapping[str, str]) -> list[str]:
    """Keys to compare; how a modality was encoded that only one of them reads tells nothing more."""
    sections = [{_section(key) for key in side} for side in (a, b)]
    return [
        key
        for key in dict.fromkeys((*a, *b))
        if not key.startswith("features.") or all(_section(key) in own for own in sections)
    ]


def _section(key: str) -> str:
    """``features.text`` of ``features.text.parameters.max_tokens``."""
    return ".".join(key.split(".")[:2])


def _alone(a: Results, b: Results, pairs: Mapping[str, str]) -> list[str]:
    left = {
        "A": [n for n in a.runs if n not in pairs],
        "B": [n for n in b.runs if n not in pairs.values()],
    }
    return [
        f"Only in {side}, so not compared: {joined(names)}."
        for side, names in left.items()
        if names
    ]


def _unshared(
    pairs: Mapping[str, str], read: Sequence[tuple[Predictions, Predictions]]
) -> list[str]:
    apart = [
        _called(*pair)
        for pair, (before, after) in zip(pairs.items(), read, strict=True)
        if not set(before.seeds) & set(after.seeds)
    ]
    return [f"No seed in common, so not tested: {joined(apart)}."] if apart else []


def words_of(table: Path) -> dict[str, str]:
    """Utterance -> what was said, of an utterance table.

    Raises:
        DataError: it is no utterance table, or its corpus's licence is not known to allow showing text.
    """
    from ariigcn.corpora.registry import SHOWABLE
    from ariigcn.corpora.table import read_corpus

    corpus = read_corpus(table)
    if corpus.name not in SHOWABLE:
        raise DataError(
            f"{table}: the licence of {corpus.name} is not known to allow showing its words; "
            "leave out --table"
        )
    frame = corpus.utterances
    return dict(zip(frame["utterance_id"], frame["text"].fillna(""), strict=True))
