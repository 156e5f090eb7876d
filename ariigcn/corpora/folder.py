"""A user's own corpus: a folder with a table of conversations, and the clips that the table names.

The table is ``conversations.csv``, ``.tsv`` or ``.parquet``, one row an utterance in conversation
order. It needs the columns ``dialogue_id``, ``utterance_id`` and ``speaker``; ``text``, ``emotion``,
``split``, ``media`` (a path within the folder), ``start_s`` and ``end_s`` may be left out or empty.
Lines of a .csv or .tsv before its header that start with ``#`` are comments.

Without a table, every ``NAME.srt`` or ``NAME.vtt`` in the folder is a conversation without labels, and
the media file of the same name beside it its recording.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.splits import cut_validation, draw_dialogues, listed
from ariigcn.corpora.subtitles import SUFFIXES, read_subtitles
from ariigcn.corpora.table import Corpus, find_problems

REQUIRED = ("dialogue_id", "utterance_id", "speaker")
COLUMNS = (*REQUIRED, "text", "emotion", "split", "media", "start_s", "end_s")
RECORDINGS = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".wav", ".flac", ".mp3", ".m4a", ".ogg")
TEST_SHARE = 0.2  # of dialogues, where the table has no column for the split (our own choice)


def load(root: Path | str, split: SplitConfig | None = None) -> Corpus:
    """A user's own corpus, by the registry's convention; see :func:`read_folder`."""
    return read_folder(root, split=split or SplitConfig())


def read_folder(
    root: Path | str,
    name: str = "folder",
    split: SplitConfig = SplitConfig(),  # noqa: B008 - frozen
    labels: Sequence[str] | None = None,
    licence: str = "the data owner's",
) -> Corpus:
    """Read and validate a folder of conversations.

    Args:
        root: the folder; media paths are relative to it.
        name: short name of the corpus.
        split: how to cut what the table does not split. Without a column for it, a fifth of the
            dialogues become the test split; without validation rows, some train dialogues do.
        labels: emotion names in order; None takes the names in the table, sorted.
        licence: what the data's owner allows.

    Raises:
        DataError: no table, or defects in it; all of them, each with its line.
    """
    root = Path(root)
    files = find_tables(root)
    path = files[0] if files[0].suffix in _READERS else root
    frame, lines = _READERS[path.suffix](path) if path != root else _read_subtitles(files)
    notes = _check_columns(path, frame)
    if frame.empty:
        raise DataError(f"{path}: no utterances at all")
    problems = [*_clean_text(frame, lines), *_to_seconds(frame, lines)]
    if frame["split"].isna().all():
        notes += _cut_test(frame, split)
    if set(frame["split"]) <= {"train", "test"}:
        notes.append(cut_validation(frame, split))
    frame["position"] = frame.groupby("dialogue_id", sort=False, dropna=False).cumcount()
    sources = {file.name: sha256_file(file) for file in files}
    known = sorted(frame["emotion"].dropna().unique()) if labels is None else labels
    corpus = Corpus(
        name=name,
        version=_version(sources),
        labels=tuple(known),
        licence=licence,
        sources=sources,
        utterances=frame,
        notes=tuple(notes),
    )
    problems += [_name_line(problem, lines) for problem in find_problems(corpus)]
    problems += _outside(root, frame, lines)
    if problems:
        raise DataError(problem_list(f"{path} cannot be used", list(dict.fromkeys(problems))))
    return corpus


def find_tables(root: Path) -> list[Path]:
    """The one table of conversations in a folder or, without one, its subtitles."""
    found = [root / f"conversations{suffix}" for suffix in _READERS]
    found = [path for path in found if path.is_file()]
    if not found:
        found = sorted(p for p in root.iterdir() if p.suffix in SUFFIXES and p.name[0] != ".")
        if found:
            return found
    if len(found) != 1:
        what = " and ".join(path.name for path in found) or "none"
        raise DataError(
            f"{root}: expected one of conversations.csv, .tsv or .parquet, found {what}; or name "
            "subtitles with speakers (.srt, .vtt) like their recordings. Start a table with: "
            f"ariigcn corpus init {root}"
        )
    return found


def _version(sources: dict[str, str]) -> str:
    digests = list(sources.values())
    whole = digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()
    return whole[:12]


def _read_subtitles(files: list[Path]) -> tuple[pd.DataFrame, list[str]]:
    """Cues as rows, and the file and line that each stands on; a recording is found by its name."""
    rows, lines, problems = [], [], []
    for path in files:
        cues, wrong = read_subtitles(path)
        problems += wrong
        media = [path.with_suffix(s).name for s in RECORDINGS if path.with_suffix(s).is_file()]
        if len(media) > 1:
            problems.append(
                f"{path.name}: more than one recording of that name: {', '.join(media)}"
            )
        for number, cue in enumerate(sorted(cues, key=lambda cue: cue.start_s)):
            span = (str(cue.start_s), str(cue.end_s)) if media else (None, None)
            names = (path.stem, f"{path.stem}-{number:04d}", cue.speaker)
            rows.append((*names, cue.text, media[0] if media else None, *span))
            lines.append(f"{path.name}, line {cue.line}")
    if problems:
        raise DataError(problem_list(f"{files[0].parent}: subtitles cannot be used", problems))
    columns = [*REQUIRED, "text", "media", "start_s", "end_s"]
    return pd.DataFrame(rows, columns=columns, dtype=object), lines


def _read_csv(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Rows as text, and the line that each ends on."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter="\t" if path.suffix == ".tsv" else ",")
            header = [column.strip() for column in _past_comments(reader)]
            rows, lines = [], []
            for row in reader:
                if row:
                    rows.append(row)
                    lines.append(f"line {reader.line_num}")
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a table in UTF-8 ({error}); save it as UTF-8 CSV") from error
    ragged = [
        f"{line}: {len(row)} cells, the header has {len(header)}; quote cells that hold commas"
        for row, line in zip(rows, lines, strict=True)
        if len(row) != len(header)
    ]
    if ragged:
        raise DataError(problem_list(f"{path} cannot be used", ragged))
    return pd.DataFrame(rows, columns=header, dtype=object), lines


def _past_comments(reader: Iterator[list[str]]) -> list[str]:
    """The header: the first row that is no comment."""
    return next((row for row in reader if row and not row[0].lstrip().startswith("#")), [])


def _read_parquet(path: Path) -> tuple[pd.DataFrame, list[str]]:
    try:
        frame = pq.read_table(path).to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a parquet file ({error})") from error
    return frame, [f"row {number}" for number in range(1, len(frame) + 1)]


_READERS: dict[str, Callable[[Path], tuple[pd.DataFrame, list[str]]]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
}


def _check_columns(path: Path, frame: pd.DataFrame) -> list[str]:
    """Add the optional columns that are absent; return notes on columns that mean nothing here."""
    missing = [column for column in REQUIRED if column not in frame.columns]
    unknown = [str(column) for column in frame.columns if column not in COLUMNS]
    problems = [f"column '{column}' is missing" for column in missing]
    absent = [column for column in COLUMNS if column not in frame.columns]
    hints = [unknown_name(column, absent, "column") for column in unknown if absent]
    problems += [hint for hint in hints if "did you mean" in hint]
    if frame.columns.has_duplicates:
        problems.append("a column's name is used twice")
    if problems:
        raise DataError(problem_list(f"{path} cannot be used", problems))
    for column in absent:
        frame[column] = pd.Series(None, index=frame.index, dtype=object)
    return [f"columns not used: {', '.join(unknown)}"] if unknown else []


def _clean_text(frame: pd.DataFrame, lines: list[str]) -> list[str]:
    """Trim every text cell in place and make empty ones null; report cells that are not text."""
    problems = []
    for column in COLUMNS[:-2]:
        cells = frame[column].astype(object).where(frame[column].notna(), None)
        for line, cell in zip(lines, cells, strict=True):
            numeric = cell is not None and not isinstance(cell, str)
            if numeric and column in ("emotion", "split", "media"):
                problems.append(f"{line}: {column} is {cell!r}, expected text")
        texts = [None if c is None else str(c).strip() or None for c in cells]
        frame[column] = pd.Series(texts, index=frame.index, dtype=object)
    return problems


def _to_seconds(frame: pd.DataFrame, lines: list[str]) -> list[str]:
    """Turn the span's cells into numbers in place; report those that are none."""
    problems = []
    for column in ("start_s", "end_s"):
        cells = frame[column].replace("", None)
        numbers = pd.to_numeric(cells, errors="coerce")
        wrong = (cells.notna() & ~np.isfinite(numbers.astype(float))).to_numpy()
        for i in np.flatnonzero(wrong):
            problems.append(f"{lines[i]}: {column} is {cells.iloc[i]!r}, expected seconds")
        frame[column] = numbers.astype(float)
    return problems


def _cut_test(frame: pd.DataFrame, split: SplitConfig) -> list[str]:
    names = frame["dialogue_id"].dropna().unique()
    if len(names) < 3:
        raise DataError(f"{len(names)} dialogue(s) and no split: three splits need at least three")
    chosen = draw_dialogues(names, TEST_SHARE, split.seed)
    frame["split"] = np.where(frame["dialogue_id"].isin(chosen), "test", "train")
    return [
        f"test split cut here: {len(chosen)} of {len(names)} dialogues, seed {split.seed}: "
        f"{listed(chosen)}"
    ]


def _outside(root: Path, frame: pd.DataFrame, lines: list[str]) -> list[str]:
    """Media that a link, or a path, leads out of the folder; absent files are the features' matter."""
    inside = root.resolve()
    return [
        f"{line} ({name}): media '{media}' leaves the corpus folder"
        for line, name, media in zip(lines, frame["utterance_id"], frame["media"], strict=True)
        if isinstance(media, str) and not (root / media).resolve().is_relative_to(inside)
    ]


def _name_line(problem: str, lines: list[str]) -> str:
    """Name the table's own line instead of the utterance's number."""
    return re.sub(r"^row (\d+)", lambda found: lines[int(found[1]) - 1], problem)
