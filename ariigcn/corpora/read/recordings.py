"""The files of a user's own corpus: which one is its table, and the rows that it holds.

A table is ``conversations.csv``, ``.tsv`` or ``.parquet``; capitals do not matter. Its cells are
separated by commas, semicolons or tabs; the header shows which. In countries with decimal commas, Excel
writes semicolons. Without a table, subtitles are read.
"""

import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.paths import file_trouble
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.read.subtitles import SUFFIXES, read_subtitles
from ariigcn.corpora.read.text_tables import read_parquet

STEM = "conversations"
TABLES = (".csv", ".tsv", ".parquet")
REQUIRED = ("dialogue_id", "utterance_id", "speaker")
COLUMNS = (*REQUIRED, "text", "emotion", "split", "media", "start_s", "end_s")
RECORDINGS = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".wav", ".flac", ".mp3", ".m4a", ".ogg")
# What people bring instead; named in the error.
OTHERS = (".txt", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".ass", ".ssa", ".sbv", ".ttml")
HINTED = 100  # columns that are compared with known names: a hostile header has as many as it likes
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class Rows:
    """Rows as written, the place of each in its file, and what is wrong with rows that are left out.

    Args:
        frame: one row an utterance, with the file's own columns, not yet checked.
        lines: of each row, as errors name it.
    """

    frame: pd.DataFrame
    lines: list[str]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def find_tables(root: Path) -> list[Path]:
    """The one table of conversations in a folder or, without one, its subtitles.

    Raises:
        DataError: there is no table, more than one, or one that cannot be read.
    """
    names = _names(root)
    tables = [name for name in names if name.lower().endswith(TABLES)]
    own = [name for name in tables if PurePath(name).stem.lower() == STEM]
    subtitles = [name for name in names if name.lower().endswith(SUFFIXES)]
    if not own and subtitles:
        own = subtitles
    elif len(own) != 1:
        others = [name for name in names if name.lower().endswith((*TABLES, *OTHERS))]
        there = f" ({', '.join(others[:3])} exists: save it in that form)"
        there = there if others and not own else ""
        raise DataError(
            f"{root}: expected one of conversations.csv, .tsv or .parquet, found "
            f"{' and '.join(own) or 'none'}{there}; or name subtitles with speakers (.srt, .vtt) "
            f"like their recordings. Start a table with: ariigcn corpus init {root}"
        )
    found = [root / name for name in own]
    problems = [f"{path.name} is {trouble}" for path in found if (trouble := file_trouble(path))]
    if problems:
        raise DataError(problem_list(f"{root} cannot be used", problems))
    return found


def _names(folder: Path) -> list[str]:
    """The names in a folder but hidden ones; a million in a second."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if not entry.name.startswith("."))


def read_conversations(files: list[Path]) -> Rows:
    """The rows of what :func:`find_tables` has found, cells as written.

    Raises:
        DataError: a file is damaged, or is not a table.
    """
    path = files[0]
    if path.suffix.lower() in SUFFIXES:
        return _read_subtitles(files)
    if path.suffix.lower() == ".parquet":
        frame = read_parquet(path)
        return Rows(frame, [f"row {number}" for number in range(1, len(frame) + 1)])
    return _read_csv(path)


def column_problems(frame: pd.DataFrame, known: Sequence[str]) -> list[str]:
    """Names that a table's header has twice, and those that are nearly a known one that is absent.

    Other columns are a user's own.
    """
    columns = [str(column) for column in frame.columns]
    absent = [column for column in known if column not in columns]
    unknown = [column for column in columns if column not in known][:HINTED]
    hints = [unknown_name(column, absent, "column") for column in unknown if absent]
    twice = frame.columns[frame.columns.duplicated()].unique()
    return [
        *(hint for hint in hints if "did you mean" in hint),
        *(f"column '{column}' occurs twice" for column in twice),
    ]


def _read_subtitles(files: list[Path]) -> Rows:
    """Cues as rows, each with its file and line; a recording has the name of its subtitles."""
    rows, lines, problems = [], [], []
    recordings: dict[str, list[str]] = {}
    for name in _names(files[0].parent):
        if name.lower().endswith(RECORDINGS):
            recordings.setdefault(PurePath(name).stem, []).append(name)
    for path in files:
        cues, wrong = read_subtitles(path)
        problems += wrong
        media = recordings.get(path.stem, [])
        if len(media) > 1:
            problems.append(
                f"{path.name}: more than one recording has that name: {', '.join(media)}"
            )
        for number, cue in enumerate(sorted(cues, key=lambda cue: cue.start_s)):
            span = (str(cue.start_s), str(cue.end_s)) if media else (None, None)
            names = (path.stem, f"{path.stem}-{number:04d}", cue.speaker)
            rows.append((*names, cue.text, media[0] if media else None, *span))
            lines.append(f"{path.name}, line {cue.line}")
    columns = [*REQUIRED, "text", "media", "start_s", "end_s"]
    return Rows(pd.DataFrame(rows, columns=columns, dtype=object), lines, tuple(problems))


def _read_csv(path: Path) -> Rows:
    """Rows as text, and the line that each ends on."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not a table in UTF-8 ({error}); save it as UTF-8 CSV") from error
    if not text.strip():
        raise DataError(f"{path}: empty; start a table with: ariigcn corpus init DIR")
    separator = _separator(path, text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows, lines = [], []
    try:
        header = [column.strip() for column in _past_comments(reader)]
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(f"line {reader.line_num}")
    except csv.Error as error:
        where = f"{path}, line {reader.line_num}"
        raise DataError(f"{where}: not a table ({error}); check for an open quote") from error
    ragged = [
        f"{line}: {len(row)} cells, the header has {len(header)}; quote cells that hold "
        f"{SEPARATORS[separator]}"
        for row, line in zip(rows, lines, strict=True)
        if len(row) != len(header)
    ]
    if ragged:
        raise DataError(problem_list(f"{path} cannot be used", ragged))
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    if separator == ";":
        _read_decimal_commas(frame)
    usual = separator == ("\t" if path.suffix.lower() == ".tsv" else ",")
    notes = () if usual else (f"{path.name}: its cells are separated by {SEPARATORS[separator]}",)
    return Rows(frame, lines, notes=notes)


def _separator(path: Path, text: str) -> str:
    """The separator that gives most known columns; the file name's usual one where none gives any."""
    header = next((line for line in io.StringIO(text) if not _is_comment(line.strip(' "\r\n'))), "")
    own = "\t" if path.suffix.lower() == ".tsv" else ","

    def known(separator: str) -> int:
        return sum(cell.strip(' "\r\n') in COLUMNS for cell in header.split(separator))

    return max((own, *SEPARATORS), key=known)


def _is_comment(start: str) -> bool:
    """Whether a line, by its start, is no row: empty, a comment, or Excel's line ``sep=;``."""
    return not start or start.lstrip().startswith("#") or start.lower().startswith("sep=")


def _past_comments(reader: Iterator[list[str]]) -> list[str]:
    """The header: the first row that is not a comment."""
    return next((row for row in reader if row and not _is_comment(row[0])), [])


def _read_decimal_commas(frame: pd.DataFrame) -> None:
    """Make 1,5 the number 1.5 in the columns of seconds, in place."""
    for column in {"start_s", "end_s"} & set(frame.columns):
        if isinstance(frame[column], pd.Series):
            frame[column] = frame[column].map(
                lambda cell: re.sub(r"^(\s*-?\d+),(\d+\s*)$", r"\1.\2", cell)
            )
