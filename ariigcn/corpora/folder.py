"""A user's own corpus: a folder with a table of conversations, and the clips that the table names.

The table is ``conversations.csv``, ``.tsv`` or ``.parquet``, one row an utterance in conversation
order. It needs the columns ``dialogue_id``, ``utterance_id`` and ``speaker``; ``text``, ``emotion``,
``split``, ``media`` (a path within the folder), ``start_s`` and ``end_s`` may be left out or empty.
Lines of a .csv or .tsv before its header that start with ``#`` are comments.

Without a table, every ``NAME.srt`` or ``NAME.vtt`` in the folder is a conversation without labels, and
the media file of the same name beside it its recording; behind the name may stand a language.
"""

import math
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.core.paths import leads_out
from ariigcn.corpora.checks.trainable import LEAST_DIALOGUES
from ariigcn.corpora.config import FolderConfig, SplitConfig
from ariigcn.corpora.read.recordings import (
    COLUMNS,
    REQUIRED,
    column_problems,
    find_tables,
    read_conversations,
)
from ariigcn.corpora.read.text_tables import composed, seconds_of
from ariigcn.corpora.splits import cut_validation, draw_share, listed
from ariigcn.corpora.table import Corpus, find_problems

TEST_SHARE = 0.2  # of dialogues, where the table has no column for the split (our own choice)
NO_SPEAKER = (
    "speaker is empty; name the speaker ('Ann: ...' or '<v Ann>...' in subtitles), or name "
    "one for all "
    "such rows: folder.speaker"
)


def load(
    root: Path | str, split: SplitConfig | None = None, options: FolderConfig | None = None
) -> Corpus:
    """A user's own corpus, by the registry's convention; see :func:`read_folder`."""
    return read_folder(
        root, split=split or SplitConfig(), speaker=options.speaker if options else None
    )


def read_folder(
    root: Path | str,
    name: str = "folder",
    split: SplitConfig = SplitConfig(),  # noqa: B008 - frozen
    *,
    labels: Sequence[str] | None = None,
    licence: str = "the data owner's",
    speaker: str | None = None,
) -> Corpus:
    """Read and validate a folder of conversations.

    Args:
        root: the folder; media paths are relative to it.
        name: short name of the corpus.
        split: how to cut what the table does not split. Without a column ``split``, a fifth of the
            dialogues become the test split. Without validation rows, some train dialogues become the
            validation split. Fewer than three dialogues are not cut: all are train.
        labels: emotion names in order; None takes the names in the table, sorted.
        licence: what the data's owner allows.
        speaker: who speaks where nobody is named; None: that is an error.

    Raises:
        DataError: there is no table, or it has defects; all are named, each with its line.
    """
    root = Path(root)
    files = find_tables(root)
    path = files[0] if len(files) == 1 else root
    rows = read_conversations(files)
    frame, lines = rows.frame, rows.lines
    notes = [*rows.notes, *_check_columns(path, frame, speaker)]
    if frame.empty and not rows.problems:
        raise DataError(f"{path}: it has no utterances")
    problems = [*rows.problems, *_clean_text(frame, lines), *_to_seconds(frame, lines)]
    notes += _name_speakers(frame, speaker)
    notes += _cut(frame, split)
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
    if not frame.empty:
        problems += [_name_line(problem, lines) for problem in find_problems(corpus)]
        problems += _outside(root, frame, lines)
    if problems:
        raise DataError(problem_list(f"{path} cannot be used", list(dict.fromkeys(problems))))
    return corpus


def _version(sources: dict[str, str]) -> str:
    digests = list(sources.values())
    whole = digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()
    return whole[:12]


def _check_columns(path: Path, frame: pd.DataFrame, speaker: str | None) -> list[str]:
    """Add the optional columns that are absent; notes on columns that are not used."""
    needed = [column for column in REQUIRED if column != "speaker" or speaker is None]
    missing = [column for column in needed if column not in frame.columns]
    unknown = [str(column) or "one without a name" for column in frame if column not in COLUMNS]
    problems = [f"column '{column}' is missing" for column in missing]
    problems += column_problems(frame, COLUMNS)
    if problems:
        raise DataError(problem_list(f"{path} cannot be used", problems))
    absent = [column for column in COLUMNS if column not in frame.columns]
    for column in absent:
        frame[column] = pd.Series(None, index=frame.index, dtype=object)
    return [f"columns not used: {', '.join(unknown)}"] if unknown else []


def _clean_text(frame: pd.DataFrame, lines: list[str]) -> list[str]:
    """Trim every text cell in place, compose its accents, make empty ones null; report cells that are
    not text. Names of files and utterances, by which others find them, keep their accents as written.
    """
    problems = []
    for column in COLUMNS[:-2]:
        cells = frame[column].astype(object).where(frame[column].notna(), None)
        numbers = () if column in ("emotion", "split", "media") else (int, float, np.number)
        for line, cell in zip(lines, cells, strict=True):
            if cell is not None and not isinstance(cell, (str, *numbers)):
                problems.append(f"{line}: {column} is {cell!r}, expected text")
        written = str if column in ("utterance_id", "media") else lambda cell: composed(str(cell))
        texts = [None if c is None else written(c).strip() or None for c in cells]
        frame[column] = pd.Series(texts, index=frame.index, dtype=object)
    return problems


def _to_seconds(frame: pd.DataFrame, lines: list[str]) -> list[str]:
    """Turn the span's cells into numbers in place; report cells that hold no seconds."""
    problems = []
    for column in ("start_s", "end_s"):
        numbers = []
        for line, cell in zip(lines, frame[column], strict=True):
            try:
                seconds = seconds_of(cell)
            except ValueError:
                seconds = math.inf
            if seconds is not None and not math.isfinite(seconds):
                problems.append(f"{line}: {column} is {cell!r}, expected seconds")
                seconds = None
            numbers.append(seconds)
        frame[column] = pd.Series(numbers, index=frame.index, dtype=float)
    return problems


def _name_speakers(frame: pd.DataFrame, speaker: str | None) -> list[str]:
    """Fill in who speaks where nobody is named, in place; the note that says so."""
    nobody = frame["speaker"].isna()
    if speaker is None or not nobody.any():
        return []
    frame.loc[nobody, "speaker"] = speaker.strip()
    return [
        f"{int(nobody.sum())} utterance(s) name no speaker; they are given to {speaker.strip()}"
    ]


def _cut(frame: pd.DataFrame, split: SplitConfig) -> list[str]:
    """Give dialogues a split where the table gives none, in place; the notes that say so."""
    if not frame["split"].isna().all():
        cut = set(frame["split"]) <= {"train", "test"}
        return [cut_validation(frame, split)] if cut else []
    names = frame["dialogue_id"].dropna().unique()
    if len(names) < LEAST_DIALOGUES:
        frame["split"] = "train"
        return [
            f"there are no splits: three splits need {LEAST_DIALOGUES} dialogues, there are "
            f"{len(names)}; all are in the train split: you can make features and graphs, but "
            "train no model"
        ]
    chosen = draw_share(names, TEST_SHARE, split.seed)
    frame["split"] = np.where(frame["dialogue_id"].isin(chosen), "test", "train")
    note = (
        f"test split drawn here: {len(chosen)} of {len(names)} dialogues, seed {split.seed}: "
        f"{listed(chosen)}"
    )
    return [note, cut_validation(frame, split)]


def _outside(root: Path, frame: pd.DataFrame, lines: list[str]) -> list[str]:
    """Media outside the folder, by path or by link. Absent files are left to the features."""
    named = [m for m in frame["media"] if isinstance(m, str) and "\0" not in m]
    out = leads_out(root, named)
    rows = zip(lines, frame["utterance_id"], frame["media"], strict=True)
    return [
        f"{line} ({name}): media '{media}' leaves the corpus folder"
        for line, name, media in rows
        if media in out
    ]


def _name_line(problem: str, lines: list[str]) -> str:
    """Put the table's line in place of the row's number, and say what to do."""
    told = re.sub(r"^row (\d+)", lambda found: lines[int(found[1]) - 1], problem)
    return told.replace("speaker is empty", NO_SPEAKER)
