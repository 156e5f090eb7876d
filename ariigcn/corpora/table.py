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

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.paths import is_text
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
# Of names with forward slashes: all that _not_inside refuses, and little else. It looks at these alone.
SUSPECT = r"^[./]*$|^/|(^|/)\.\.(/|$)|^(\.?/)*[^/]*:"
UNDRAWN = re.compile("[\0-\x1f\x7f-\x9f\ufffe\uffff]")  # XML, so SVG, has no such characters
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
    """Check every row; ``where`` names the table in the error.

    Raises:
        DataError: rows are defective; all of them are named at once.
    """
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
    if problems := _half_characters(frame):
        return problems
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


def _lines(
    frame: pd.DataFrame, mask: "pd.Series[bool]", words: str, named: bool = True
) -> list[str]:
    """A finding for each row that ``mask`` marks; ``words`` may hold names of columns in braces."""
    if not mask.any():
        return []
    rows = (frame.index.get_indexer(frame.index[mask]) + 1).tolist()
    head = "row {row} ({utterance_id}): " if named else "row {row}: "
    marked: list[dict[str, Any]] = frame[mask].to_dict("records")  # type: ignore[assignment]
    return [
        (head + words).format_map({**values, "row": row})
        for row, values in zip(rows, marked, strict=True)
    ]


def _required_values(frame: pd.DataFrame) -> list[str]:
    problems = []
    for column in ("dialogue_id", "utterance_id", "speaker", "split"):
        empty = frame[column].isna() | (frame[column].astype(str).str.strip() == "")
        problems += _lines(frame, empty, f"{column} is empty")
    return problems


def _duplicates(frame: pd.DataFrame) -> list[str]:
    repeated = frame["utterance_id"].duplicated(keep="first")
    return _lines(frame, repeated, "utterance_id '{utterance_id}' was used before", named=False)


def _labels(frame: pd.DataFrame, labels: tuple[str, ...]) -> list[str]:
    if undrawn := [label for label in labels if UNDRAWN.search(label)]:
        return [f"emotion {label!r} holds a character that no figure can show" for label in undrawn]
    unknown = frame["emotion"].notna() & ~frame["emotion"].isin(labels)
    told = frame.loc[unknown, "emotion"].map(
        lambda name: unknown_name(str(name), list(labels), "emotion")
    )
    return _lines(frame.assign(told=told), unknown, "{told}")


def _firsts(frame: pd.DataFrame, mask: "pd.Series[bool]") -> "pd.Series[bool]":
    """Of the rows that ``mask`` marks the first one of each dialogue."""
    return mask & ~frame["dialogue_id"].where(mask).duplicated()


def _splits(frame: pd.DataFrame) -> list[str]:
    given = frame["split"].notna()
    unknown = given & ~frame["split"].isin(SPLITS)
    first = frame.groupby("dialogue_id", sort=False)["split"].transform("first")
    crossing = _firsts(frame, given & first.notna() & (frame["split"] != first))
    words = "dialogue {dialogue_id} is in more than one split: '{split}' here, '{first}' before"
    return [
        *_lines(frame, unknown, f"split is '{{split}}', must be one of {', '.join(SPLITS)}"),
        *_lines(frame.assign(first=first), crossing, words),
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
        (torn, "continues here: its rows must be next to each other"),
        (miscounted, "has positions that do not count 0, 1, 2, ..."),
        (names.notna() & empty, "is empty: no utterance has text or media"),
    )
    return [
        line
        for mask, words in findings
        for line in _lines(frame, _firsts(frame, mask), f"dialogue {{dialogue_id}} {words}")
    ]


def _half_characters(frame: pd.DataFrame) -> list[str]:
    """Cells with half a character: JSON and pickles may bring it, no text in UTF-8 holds it."""
    problems = []
    for column in _text_columns(frame):
        try:
            frame[column].astype(str)
        except UnicodeEncodeError:
            holds = frame[column].map(lambda cell: isinstance(cell, str) and not is_text(cell))
            words = f"{column} holds half a character (a lone surrogate)"
            problems += _lines(frame, holds, words, named=False)
    return problems


def _text_columns(frame: pd.DataFrame) -> list[str]:
    texts = [field.name for field in (*SCHEMA, *OPTIONAL) if pa.types.is_string(field.type)]
    return [name for name in texts if name in frame.columns]


def _unprintable(frame: pd.DataFrame) -> list[str]:
    """Cells with a NUL, which no file name may hold and no HDF5 text keeps."""
    problems = []
    for column in _text_columns(frame):
        holds = frame[column].astype(str).str.contains("\0", regex=False)
        problems += _lines(frame, holds, f"{column} holds a NUL character", named=False)
    return problems


def _paths(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame.columns:
        return []
    slashed = pc.replace_substring(pa.array(frame[column].astype("str")), "\\", "/")
    suspect = pc.match_substring_regex(slashed, SUSPECT).fill_null(False).to_numpy(False)
    told = frame.loc[suspect, column].map(lambda name: _not_inside(str(name)))
    frame = frame.assign(told=told)
    return _lines(frame, frame["told"].notna(), f"{column} {{told}}")


def _not_inside(name: str) -> str | None:
    """Why a path names no file within the corpus folder; None: it does."""
    path = PurePosixPath(name.replace("\\", "/"))
    if not path.parts:
        return f"'{path}' is the folder itself, not a file"
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return f"'{path}' leaves the corpus folder"
    return None


def _sides(frame: pd.DataFrame) -> list[str]:
    if "video_side" not in frame.columns:
        return []
    unknown = frame["video_side"].notna() & ~frame["video_side"].isin(SIDES)
    return _lines(frame, unknown, "video_side must be left, right or empty")


def _spans(frame: pd.DataFrame) -> list[str]:
    start, end = frame["start_s"].astype(float), frame["end_s"].astype(float)
    wrong = (end <= start.fillna(0.0)) | ~start.fillna(0.0).between(0, LONGEST_S)
    wrong |= ~end.fillna(0.0).between(0, LONGEST_S)
    words = "start_s {start_s:g} and end_s {end_s:g} are not a span of seconds in a recording"
    return _lines(frame.assign(start_s=start, end_s=end), wrong, words)
