"""The utterance table: one row an utterance, in conversation order; the contract of every later stage.

Columns: ``dialogue_id``, ``utterance_id`` (unique), ``position`` (0, 1, ... within the dialogue),
``speaker``, ``text``, ``emotion`` (null = context only), ``split``, ``media`` (path relative to the
corpus's media root, or null), ``start_s``, ``end_s`` (seconds within ``media``; null = whole file).
Some corpora need two more, absent elsewhere: ``audio`` (path of a file that holds this utterance's
sound and nothing else, heard in place of ``media``) and ``video_side`` (``left`` or ``right``: the
half of the picture that shows the speaker; null = all of it).
The parquet file's metadata carries the corpus's name, version, ordered label names, licence and
sources, so that labels travel by name and never by bare index.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import pyarrow as pa

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.settings import unknown_name
from ariigcn.core.storage import read_table, write_table

SPLITS = ("train", "validation", "test")
SCHEMA = pa.schema(
    [
        pa.field("dialogue_id", pa.string(), nullable=False),
        pa.field("utterance_id", pa.string(), nullable=False),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("speaker", pa.string(), nullable=False),
        pa.field("text", pa.string()),
        pa.field("emotion", pa.string()),
        pa.field("split", pa.string(), nullable=False),
        pa.field("media", pa.string()),
        pa.field("start_s", pa.float64()),
        pa.field("end_s", pa.float64()),
    ]
)
OPTIONAL = pa.schema([pa.field("audio", pa.string()), pa.field("video_side", pa.string())])
COLUMNS = tuple(SCHEMA.names)
SIDES = ("left", "right")
LONGEST_S = 10 * 24 * 3600.0  # of a recording; a later time is most likely in milliseconds


@dataclass(frozen=True)
class Corpus:
    """A corpus as its table tells it.

    Args:
        name: short name, as in the configuration.
        version: release of the corpus, or of its generator.
        labels: emotion names in their fixed order; predictions index into these.
        licence: what the data's owner allows, in a few words.
        sources: what the table was read from, path or address -> sha256.
        utterances: the rows, with the columns of :data:`SCHEMA`.
        notes: exclusions and repairs worth a line in the report.
        extra: what only some corpora have (the demo corpus: reachable accuracies).
    """

    name: str
    version: str
    labels: tuple[str, ...]
    licence: str
    sources: Mapping[str, str]
    utterances: pd.DataFrame
    notes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def write_corpus(corpus: Corpus, path: Path | str) -> None:
    """Validate and write a corpus's table; nothing is left behind where it is not valid."""
    check_corpus(corpus)
    head = {
        "corpus": corpus.name,
        "version": corpus.version,
        "labels": list(corpus.labels),
        "licence": corpus.licence,
        "sources": dict(corpus.sources),
        "notes": list(corpus.notes),
        "extra": dict(corpus.extra),
    }
    schema = pa.schema([*SCHEMA, *(f for f in OPTIONAL if f.name in corpus.utterances.columns)])
    table = pa.Table.from_pandas(
        corpus.utterances[schema.names], schema=schema, preserve_index=False
    )
    write_table(table, head, path)


def read_corpus(path: Path | str) -> Corpus:
    """Read a table written by :func:`write_corpus`, and validate it again.

    Raises:
        DataError: it is damaged, not such a table, or has defective rows.
    """
    table, head = read_table(path, "an utterance table")
    corpus = Corpus(
        name=head["corpus"],
        version=head["version"],
        labels=tuple(head["labels"]),
        licence=head["licence"],
        sources=head["sources"],
        utterances=table.to_pandas(),
        notes=tuple(head["notes"]),
        extra=head["extra"],
    )
    check_corpus(corpus, str(path))
    return corpus


def check_corpus(corpus: Corpus, where: str = "utterance table") -> None:
    """Raise a :class:`DataError` that names every defective row at once."""
    problems = find_problems(corpus)
    if problems:
        raise DataError(problem_list(f"{where} ({corpus.name}) cannot be used", problems))


def find_problems(corpus: Corpus) -> list[str]:
    """Everything that is wrong with a corpus, one line a finding; rows count from 1."""
    frame = corpus.utterances
    missing = [c for c in COLUMNS if c not in frame.columns]
    if missing:
        return [f"column(s) missing: {', '.join(missing)}"]
    if not len(frame):
        return ["no utterances at all"]
    return [
        *_required_values(frame),
        *_unprintable(frame),
        *_duplicates(frame),
        *_labels(frame, corpus.labels),
        *_splits(frame),
        *_order(frame),
        *_paths(frame, "media"),
        *_paths(frame, "audio"),
        *_sides(frame),
        *_spans(frame),
    ]


def _at(frame: pd.DataFrame, mask: "pd.Series[bool]") -> list[tuple[int, str]]:
    """Row numbers (1 = first utterance) and ids of the rows that ``mask`` names."""
    rows = frame.index.get_indexer(frame.index[mask]) + 1
    return list(zip(rows.tolist(), frame.loc[mask, "utterance_id"].astype(str), strict=True))


def _required_values(frame: pd.DataFrame) -> list[str]:
    problems = []
    for column in ("dialogue_id", "utterance_id", "speaker", "split"):
        empty = frame[column].isna() | (frame[column].astype(str).str.strip() == "")
        problems += [f"row {row} ({name}): {column} is empty" for row, name in _at(frame, empty)]
    return problems


def _duplicates(frame: pd.DataFrame) -> list[str]:
    repeated = frame["utterance_id"].duplicated(keep="first")
    return [
        f"row {row}: utterance_id '{name}' is used before" for row, name in _at(frame, repeated)
    ]


def _labels(frame: pd.DataFrame, labels: tuple[str, ...]) -> list[str]:
    unknown = frame["emotion"].notna() & ~frame["emotion"].isin(labels)
    emotions = frame.loc[unknown, "emotion"].astype(str)
    return [
        f"row {row} ({name}): {unknown_name(emotion, list(labels), 'emotion')}"
        for (row, name), emotion in zip(_at(frame, unknown), emotions, strict=True)
    ]


def _firsts(frame: pd.DataFrame, mask: "pd.Series[bool]") -> "pd.Series[bool]":
    """Of the rows that ``mask`` names the first one of each dialogue."""
    return mask & ~frame["dialogue_id"].where(mask).duplicated()


def _splits(frame: pd.DataFrame) -> list[str]:
    given = frame["split"].notna()
    unknown = given & ~frame["split"].isin(SPLITS)
    problems = [
        f"row {row} ({name}): split is '{split}', must be one of {', '.join(SPLITS)}"
        for (row, name), split in zip(_at(frame, unknown), frame.loc[unknown, "split"], strict=True)
    ]
    first = frame.groupby("dialogue_id", sort=False)["split"].transform("first")
    crossing = _firsts(frame, given & first.notna() & (frame["split"] != first))
    told = zip(frame.loc[crossing, "dialogue_id"], frame.loc[crossing, "split"], strict=True)
    return problems + [
        f"row {row} ({name}): dialogue {dialogue} stands in more than one split: "
        f"'{split}' here, '{before}' before"
        for (row, name), (dialogue, split), before in zip(
            _at(frame, crossing), told, first[crossing], strict=True
        )
    ]


def _order(frame: pd.DataFrame) -> list[str]:
    """Dialogues are contiguous, positions count up from 0, and each dialogue has somebody's words."""
    names = frame["dialogue_id"]
    change = names.notna() & (names != names.shift())
    torn = change & names.where(change).duplicated()
    expected = frame.groupby("dialogue_id", sort=False).cumcount()
    miscounted = frame["position"].isna() | (frame["position"] != expected)
    blank = (frame["text"].fillna("").str.strip() == "") & frame["media"].isna()
    if "audio" in frame.columns:
        blank &= frame["audio"].isna()
    empty = blank.groupby(names, sort=False).transform("all")
    findings = (
        (torn, "dialogue {} goes on here: its rows are not next to each other"),
        (miscounted, "positions of dialogue {} do not count 0, 1, 2, ..."),
        (names.notna() & empty, "dialogue {} is empty, no utterance has text or media"),
    )
    problems = []
    for mask, words in findings:
        first = _firsts(frame, mask)
        problems += [
            f"row {row} ({name}): {words.format(dialogue)}"
            for (row, name), dialogue in zip(_at(frame, first), names[first], strict=True)
        ]
    return problems


def _unprintable(frame: pd.DataFrame) -> list[str]:
    """Cells with a NUL, which no file name may hold and no HDF5 text keeps."""
    columns = [field.name for field in (*SCHEMA, *OPTIONAL) if pa.types.is_string(field.type)]
    problems = []
    for column in (name for name in columns if name in frame.columns):
        holds = frame[column].astype(str).str.contains("\0", regex=False)
        problems += [f"row {row}: {column} holds a NUL character" for row, _ in _at(frame, holds)]
    return problems


def _paths(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame.columns:
        return []
    problems = []
    for row, name in _at(frame, frame[column].notna()):
        path = PurePosixPath(str(frame[column].iloc[row - 1]).replace("\\", "/"))
        if not path.parts:
            problems.append(f"row {row} ({name}): {column} '{path}' is the folder itself, no file")
        elif path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            problems.append(f"row {row} ({name}): {column} '{path}' leaves the corpus folder")
    return problems


def _sides(frame: pd.DataFrame) -> list[str]:
    if "video_side" not in frame.columns:
        return []
    unknown = frame["video_side"].notna() & ~frame["video_side"].isin(SIDES)
    return [
        f"row {row} ({name}): video_side must be left, right or empty"
        for row, name in _at(frame, unknown)
    ]


def _spans(frame: pd.DataFrame) -> list[str]:
    start, end = frame["start_s"].astype(float), frame["end_s"].astype(float)
    wrong = (end <= start.fillna(0.0)) | ~start.fillna(0.0).between(0, LONGEST_S)
    wrong |= ~end.fillna(0.0).between(0, LONGEST_S)
    return [
        f"row {row} ({name}): start_s {a:g} and end_s {b:g} are no span of seconds in a recording"
        for (row, name), a, b in zip(_at(frame, wrong), start[wrong], end[wrong], strict=True)
    ]
