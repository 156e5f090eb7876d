"""A folder of recordings as an utterance table: the corpus of a prediction, which needs no labels.

Each recording has the transcript of its name beside it, or one that a machine wrote
(:mod:`~ariigcn.predict.transcribing`). What cannot be used stops no other: it is told in the table's head.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.paths import printable
from ariigcn.corpora.read.clips import look_at
from ariigcn.corpora.read.transcripts import Transcript, Turn, read_transcript
from ariigcn.corpora.table import Corpus, find_problems
from ariigcn.predict.sources import (
    UNNAMED,
    Given,
    Source,
    apart,
    called,
    find_sources,
    in_a_line,
    names_of,
    require_content,
    table_of,
)

NO_TRANSCRIPT = "there is no transcript"


@dataclass(frozen=True)
class Heard:
    """What came of a recording that a machine listened to: a transcript, or why there is none."""

    transcript: Path | None = None
    error: str = ""


@dataclass(frozen=True)
class Failure:
    """A recording or transcript of which nothing can be predicted.

    Args:
        name: the conversation's.
        source: its file.
        error: why, in a sentence.
    """

    name: str
    source: str
    error: str


def untranscribed(root: Path) -> list[Source]:
    """The recordings of a folder that have no transcript beside them."""
    return [source for source in find_sources([root]) if source.transcript is None]


def gather(
    sources: Sequence[Source], heard: Mapping[str, Heard] | None = None
) -> tuple[list[Given], list[Failure]]:
    """The conversations of recordings and transcripts, and those that cannot be used.

    Args:
        sources: from :func:`~ariigcn.predict.sources.find_sources`.
        heard: a recording's file name -> what a machine made of it, where no transcript lies beside it.
    """
    names = names_of(sources)
    given: list[Given] = []
    failures = []
    for source, name in zip(sources, names, strict=True):
        try:
            found = list(_conversations(source, name, heard or {}))
        except DataError as error:
            failures.append(Failure(name, printable(str(source)), in_a_line(error, source)))
        else:
            given += found
    return apart(given, dict(zip(sources, names, strict=True))), failures


def read_recordings(root: Path, heard: Mapping[str, Heard] | None = None) -> Corpus:
    """The utterance table of a folder of recordings.

    Args:
        root: the folder.
        heard: as :func:`gather`'s.

    Returns:
        A table as of :func:`~ariigcn.predict.sources.table_of`; ``extra`` holds what else is known of
        each conversation, and what cannot be used.

    Raises:
        DataError: the folder holds no recording and no transcript, or none that can be used.
    """
    given, failures = gather(find_sources([root]), heard)
    if not given:
        told = [f"{failure.name}: {failure.error}" for failure in failures]
        raise DataError(problem_list(f"{root}: nothing in it can be predicted", told))
    conversations = [
        {
            "dialogue_id": f"{index:06d}",
            "name": transcript.name,
            "recording": None if source.recording is None else str(source.recording),
            "notes": list(transcript.notes),
            "transcript_by": transcript.made_by,
        }
        for index, (source, transcript) in enumerate(given)
    ]
    failed = [failure.__dict__ for failure in failures]
    extra = {"conversations": conversations, "failures": failed}
    return replace(table_of(given, ()), extra=extra)


def conversations_of(corpus: Corpus) -> list[Given]:
    """The conversations of a table, any corpus's, in its order."""
    extra = {c["dialogue_id"]: c for c in corpus.extra.get("conversations", [])}
    found = []
    for dialogue, rows in corpus.utterances.groupby("dialogue_id", sort=False):
        said = extra.get(dialogue, {})
        turns = tuple(map(_turn, rows.itertuples(index=False)))
        recording = said.get("recording")
        source = Source(None if recording is None else Path(recording), None)
        notes, made_by = tuple(said.get("notes", ())), said.get("transcript_by", "")
        found.append((source, Transcript(said.get("name", str(dialogue)), turns, notes, made_by)))
    return found


def failures_of(corpus: Corpus) -> list[Failure]:
    """What of a folder of recordings cannot be predicted; of any other corpus, nothing."""
    return [Failure(**failure) for failure in corpus.extra.get("failures", [])]


def _conversations(source: Source, name: str, heard: Mapping[str, Heard]) -> Iterator[Given]:
    """The conversations of one source, each held to what a table can hold."""
    if source.recording is not None and (trouble := look_at(source.recording).trouble):
        raise DataError(trouble)
    path = _transcript(source, heard)
    for transcript in called(name, read_transcript(path), path):
        require_content(source, transcript)
        if problems := find_problems(table_of([(source, transcript)], ())):
            raise DataError(problem_list("its transcript cannot be used", problems, 5))
        yield source, transcript


def _transcript(source: Source, heard: Mapping[str, Heard]) -> Path:
    if source.transcript is not None:
        return source.transcript
    found = heard.get(source.recording.name if source.recording else "", Heard(error=NO_TRANSCRIPT))
    if found.transcript is None:
        raise DataError(found.error)
    return found.transcript


def _turn(row: Any) -> Turn:
    start, end = (
        None if pd.isna(seconds) else float(seconds) for seconds in (row.start_s, row.end_s)
    )
    text = row.text if isinstance(row.text, str) else None
    return Turn(start, end, None if row.speaker == UNNAMED else row.speaker, text)
