"""The files of a user's own corpus: which one is its table, and the rows that it holds.

A table is ``conversations.csv``, ``.tsv`` or ``.parquet``; capitals do not matter. Its cells are
separated by commas, semicolons or tabs; the header shows which. In countries with decimal commas, Excel
writes semicolons. Without a table, subtitles are read.
"""

import csv
import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.paths import file_trouble
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.read.subtitles import SUFFIXES, read_subtitles
from ariigcn.corpora.read.text_tables import composed, read_parquet

STEM = "conversations"
TABLES = (".csv", ".tsv", ".parquet")
REQUIRED = ("dialogue_id", "utterance_id", "speaker")
COLUMNS = (*REQUIRED, "text", "emotion", "split", "media", "start_s", "end_s")
RECORDINGS = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".wav", ".flac", ".mp3", ".m4a", ".ogg")
# What people bring instead; named in the error.
OTHERS = (".txt", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".ass", ".ssa", ".sbv", ".ttml")
# Behind a name, as players and downloaders write it: talk.en.srt, talk.pt-BR.cc.vtt.
_LANGUAGE = re.compile(r"\.[a-z]{2,3}(-[a-z0-9]{2,8})*(\.(cc|forced|hi|sdh))?$", re.IGNORECASE)
HINTED = 100  # columns that are compared with known names: a hostile header has as many as it likes
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_QUOTES = 'a text that holds " needs quotes around it and its own twice: """Yes,"" he said"'
_SWALLOWED = (
    "a cell holds the rows that follow, or a text of several lines that looks so: write it on one"
)


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
    recordings = [n for n in _names(files[0].parent) if n.lower().endswith(RECORDINGS)]
    media = recordings_of([path.name for path in files], recordings)
    for path in files:
        cues, wrong = read_subtitles(path)
        problems += wrong
        own = media[path.name]
        if len(own) > 1:
            problems.append(f"{path.name}: more than one recording has that name: {', '.join(own)}")
        for number, cue in enumerate(sorted(cues, key=lambda cue: cue.start_s)):
            span = (str(cue.start_s), str(cue.end_s)) if own else (None, None)
            names = (path.stem, f"{path.stem}-{number:04d}", cue.speaker)
            rows.append((*names, cue.text, own[0] if own else None, *span))
            lines.append(f"{path.name}, line {cue.line}")
    columns = [*REQUIRED, "text", "media", "start_s", "end_s"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    found, notes = _unpaired(media, recordings)
    return Rows(frame, lines, (*problems, *found), notes)


def recordings_of(subtitles: Sequence[str], recordings: Sequence[str]) -> dict[str, list[str]]:
    """Names of subtitles -> those of the recordings of the same name or, where there is none, of the same
    name without a language. Neither endings matter nor how accents are typed."""
    named: dict[str, list[str]] = {}
    for name in recordings:
        named.setdefault(stem_of(name), []).append(name)
    stems = {name: stem_of(name) for name in subtitles}
    return {
        name: named.get(stem) or named.get(_LANGUAGE.sub("", stem), [])
        for name, stem in stems.items()
    }


def by_recording(media: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Names of recordings -> those of their subtitles, of what :func:`recordings_of` found."""
    found: dict[str, list[str]] = {}
    for name, own in media.items():
        for recording in own:
            found.setdefault(recording, []).append(name)
    return found


def stem_of(name: str) -> str:
    """The name of a file without its ending, however its accents are typed."""
    return composed(PurePath(name).stem)


def _unpaired(
    media: Mapping[str, Sequence[str]], recordings: Sequence[str]
) -> tuple[list[str], tuple[str, ...]]:
    """Recordings with several subtitles, as problems; subtitles and recordings that are alone, as notes.

    Args:
        media: of :func:`recordings_of`.
        recordings: names of all.
    """
    takers = by_recording(media)
    problems = [
        f"{recording}: {' and '.join(names)} are subtitles of it; keep one"
        for recording, names in takers.items()
        if len(names) > 1
    ]
    alone = [name for name, own in media.items() if not own]
    silent = [name for name in recordings if name not in takers]
    told = (
        (alone, "subtitle file(s) have no recording of their name, so only their words are used"),
        (silent, "recording(s) have no subtitles of their name and are not used"),
    )
    return problems, tuple(f"{len(who)} {what}, first {who[0]}" for who, what in told if who)


def _read_csv(path: Path) -> Rows:
    """Rows as text, and the line that each ends on."""
    found = _lines(path)
    head = next((n for n, line in enumerate(found) if not _is_comment(line)), len(found))
    separator = _separator(path, "".join(found[head : head + 1]))
    header, rows, ends, swallowed = _cells(path, found, head, separator)
    ragged = [
        f"line {end}: {len(row)} cells, the header has {len(header)}; quote cells that hold "
        f"{SEPARATORS[separator]}"
        for row, end in zip(rows, ends, strict=True)
        if len(row) != len(header)
    ]
    if problems := [*ragged, *swallowed]:
        raise DataError(problem_list(f"{path} cannot be used", problems))
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    if separator == ";":
        _read_decimal_commas(frame)
    usual = separator == ("\t" if path.suffix.lower() == ".tsv" else ",")
    notes = () if usual else (f"{path.name}: its cells are separated by {SEPARATORS[separator]}",)
    return Rows(frame, [f"line {end}" for end in ends], notes=notes)


def _lines(path: Path) -> list[str]:
    """A table's lines with their ends; what else Unicode counts as an end stands within a text."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not a table in UTF-8 ({error}); save it as UTF-8 CSV") from error
    if not text.strip():
        raise DataError(f"{path}: empty; start a table with: ariigcn corpus init DIR")
    return list(io.StringIO(text, newline=""))


def _cells(
    path: Path, found: Sequence[str], head: int, separator: str
) -> tuple[list[str], list[list[str]], list[int], list[str]]:
    """The header, the rows that are not empty, the line that each ends on, and what is wrong with some.

    Args:
        path: named in errors.
        found: the lines.
        head: which of them is the header, from 0.
        separator: of cells.
    """
    reader = csv.reader(found[head:], delimiter=separator, strict=True)
    rows, ends, swallowed, begun = [], [], [], head + 1
    try:
        header = [column.strip() for column in next(reader, [])]
        begun = head + reader.line_num + 1
        for row in reader:
            end = head + reader.line_num
            if any(cell.strip() for cell in row):
                rows.append(row)
                ends.append(end)
            if end > begun and len(row) == len(header) and _has_swallowed(row, separator):
                swallowed.append(f"line {begun}: {_SWALLOWED}; {_QUOTES}")
            begun = end + 1
    except csv.Error as error:
        raise DataError(f"{path}, line {begun}: not a table ({error}); {_QUOTES}") from error
    return header, rows, ends, swallowed


def _separator(path: Path, header: str) -> str:
    """The separator that gives most known columns; the file name's usual one where none gives any."""
    own = "\t" if path.suffix.lower() == ".tsv" else ","

    def known(separator: str) -> int:
        return sum(cell.strip(' "\r\n') in COLUMNS for cell in header.split(separator))

    return max((own, *SEPARATORS), key=known)


def _is_comment(line: str) -> bool:
    """Whether a line before the header is none: empty, a comment, or Excel's line ``sep=;``."""
    start = line.strip(' "\r\n' + "".join(SEPARATORS))
    return not start or start.startswith("#") or start.lower().startswith("sep=")


def _has_swallowed(row: Sequence[str], separator: str) -> bool:
    """Whether a cell holds the end of its row, perhaps whole rows, and the start of another.

    A program that writes no quotes leaves a text that begins with one as it is, and the cell then ends at
    the next text that ends with one. The row has as many cells as it should. In prose a blank follows a
    comma or semicolon; only those without one count.
    """
    whole = len(row) - 1
    between = separator if separator == "\t" else f"{separator}(?! )"
    if whole == 1 and separator == ",":
        between = r"(?<!\d),(?! )|,(?![ \d])"  # 1,000 is a number
    for place, cell in enumerate(row):
        counts = [len(re.findall(between, line)) for line in re.split(r"[\r\n]+", cell)]
        if whole and counts == [whole - place, *[whole] * (len(counts) - 2), place]:
            return True
    return False


def _read_decimal_commas(frame: pd.DataFrame) -> None:
    """Make 1,5 the number 1.5 in the columns of seconds, in place."""
    for column in {"start_s", "end_s"} & set(frame.columns):
        if isinstance(frame[column], pd.Series):
            frame[column] = frame[column].map(
                lambda cell: re.sub(r"^(\s*-?\d+),(\d+\s*)$", r"\1.\2", cell)
            )
