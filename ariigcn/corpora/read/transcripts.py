"""Transcripts of one recording, in the formats that people have: who said what, when.

- ``.srt``, ``.vtt``: subtitles; a speaker is ``NAME:`` or a voice tag.
- ``.csv``, ``.tsv``, ``.parquet``: columns ``start_s``, ``end_s``, ``speaker``, ``text``, each of which
  may be absent, and ``dialogue_id`` where the table holds several conversations.
- ``.json``: Whisper's, ``segments`` with ``start``, ``end``, ``text`` and perhaps ``speaker``.
- ``.rttm``: ``SPEAKER`` lines for the turns, ``LEXEME`` lines for their words; their second field names
  the conversation where there are several.
"""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import atomic_path
from ariigcn.core.paths import file_trouble, is_text, printable
from ariigcn.corpora.read.recordings import column_problems, read_conversations
from ariigcn.corpora.read.subtitles import read_subtitles
from ariigcn.corpora.read.text_tables import composed, seconds_of

COLUMNS = ("dialogue_id", "start_s", "end_s", "speaker", "text")


@dataclass(frozen=True)
class Turn:
    """What one speaker said without a break.

    Args:
        start_s, end_s: seconds within the recording; None: not known.
        speaker: None: nobody is named.
        text: None: not transcribed.
        where: its place in the file, for messages.
    """

    start_s: float | None
    end_s: float | None
    speaker: str | None
    text: str | None
    where: str = ""


@dataclass(frozen=True)
class Transcript:
    """The turns of one conversation, by their start.

    Args:
        name: the conversation's.
        turns: by their start, or as they stand where times are not known.
        notes: what a reader should know of them.
        made_by: the programs that wrote it; empty: it was given, as a person's.
    """

    name: str
    turns: tuple[Turn, ...]
    notes: tuple[str, ...] = ()
    made_by: str = ""


def read_transcript(path: Path) -> list[Transcript]:
    """The conversations of a transcript: one, or as many as a table or an ``.rttm`` names.

    Raises:
        DataError: the file cannot be read, holds nothing, or has defective lines; all are named.
    """
    if trouble := file_trouble(path):
        raise DataError(f"{path}: {trouble}; name a transcript")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path}: '{path.suffix}' is not a known kind of transcript; known: "
            f"{', '.join(READERS)}"
        )
    found = reader(path)
    problems = list(found.problems)
    for _, turn in found.turns:
        problems += [f"{turn.where}: {words}" for words in defects(turn)]
    if problems:
        raise DataError(problem_list(f"{path} cannot be used", list(dict.fromkeys(problems))))
    if not found.turns:
        raise DataError(f"{path}: it has no utterance")
    own: dict[str, list[Turn]] = defaultdict(list)
    for name, turn in found.turns:
        own[name].append(turn)
    return [_in_order(name, turns, found) for name, turns in own.items()]


def write_transcript(transcript: Transcript, path: Path) -> None:
    """Write a transcript as Whisper does, with speakers, notes and what made it; :func:`read_transcript`
    gives it back."""
    segments = [
        {"start": t.start_s, "end": t.end_s, "speaker": t.speaker, "text": t.text or ""}
        for t in transcript.turns
    ]
    said = {"made_by": transcript.made_by, "notes": transcript.notes, "segments": segments}
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", "utf-8")


@dataclass(frozen=True)
class _Found:
    """What a file holds.

    Args:
        turns: each with its conversation's name.
        problems: lines that cannot be read.
        made_by, notes: what :func:`write_transcript` wrote beside them.
    """

    turns: Sequence[tuple[str, Turn]]
    problems: Sequence[str] = ()
    made_by: str = ""
    notes: Sequence[str] = ()


def _in_order(name: str, turns: list[Turn], found: _Found) -> Transcript:
    """A conversation's turns by their start; those without times stay as they stand."""
    notes = [*found.notes]
    timed = [turn.start_s for turn in turns if turn.start_s is not None]
    if len(timed) == len(turns):
        if timed != sorted(timed):
            notes.append("the turns were not in order of time; they were sorted")
        turns = sorted(turns, key=lambda turn: turn.start_s or 0.0)
        ends = [turn.end_s or 0.0 for turn in turns]
        starts = [turn.start_s or 0.0 for turn in turns]
        count = sum(start < end - 1e-3 for start, end in zip(starts[1:], ends, strict=False))
        if count:
            notes.append(f"{count} turn(s) begin before the previous turn has ended")
    elif timed:
        notes.append(f"{len(turns) - len(timed)} of {len(turns)} turns have no times")
    unnamed = sum(turn.speaker is None for turn in turns)
    if unnamed:
        whose = (
            "all turns are given to one speaker"
            if unnamed == len(turns)
            else "they share one speaker"
        )
        notes.append(f"{unnamed} of {len(turns)} turns name no speaker; {whose}")
    return Transcript(name, tuple(turns), tuple(notes), found.made_by)


def defects(turn: Turn) -> Iterator[str]:
    """Why a turn cannot be used."""
    for what, seconds in (("start", turn.start_s), ("end", turn.end_s)):
        if seconds is not None and not (math.isfinite(seconds) and seconds >= 0):
            yield f"its {what} is {seconds:g} s; expected seconds from 0"
    if (turn.start_s is None) != (turn.end_s is None):
        yield "it has only a start or only an end; give both or neither"
    elif turn.start_s is not None and turn.end_s is not None and turn.end_s <= turn.start_s:
        yield f"it ends at {turn.end_s:g} s, before it starts at {turn.start_s:g} s"
    for what, words in (("text", turn.text), ("speaker", turn.speaker)):
        if words is not None and "\0" in words:
            yield f"its {what} holds a NUL"
        elif words is not None and not is_text(words):
            yield f"its {what} holds half a character (a lone surrogate)"


def _subtitles(path: Path) -> _Found:
    cues, problems = read_subtitles(path)
    turns = [Turn(c.start_s, c.end_s, c.speaker, c.text or None, f"line {c.line}") for c in cues]
    return _Found([(path.stem, turn) for turn in turns], problems)


def _table(path: Path) -> _Found:
    rows = read_conversations([path])
    columns = [str(column) for column in rows.frame.columns]
    if wrong := column_problems(rows.frame, COLUMNS):
        return _Found([], wrong)
    if not {*COLUMNS[1:]} & set(columns):
        words = f"its header has none of {', '.join(COLUMNS[1:])}"
        return _Found([], [f"{words} (found: {', '.join(columns[:8])})"])
    found, problems = [], list(rows.problems)
    for line, row in zip(rows.lines, rows.frame.to_dict("records"), strict=True):
        times: dict[str, float | None] = {}
        for column in ("start_s", "end_s"):
            try:
                times[column] = seconds_of(row.get(column))
            except ValueError:
                problems.append(f"{line}: {column} is {row[column]!r}; expected seconds")
        name, speaker = _words(row.get("dialogue_id")) or path.stem, _words(row.get("speaker"))
        start, end = times.get("start_s"), times.get("end_s")
        found.append((name, Turn(start, end, speaker, _words(row.get("text")), line)))
    return _Found(found, problems)


def _whisper(path: Path) -> _Found:
    try:
        said = json.loads(path.read_text("utf-8-sig"))
        whole = said if isinstance(said, dict) else {"segments": said}
        turns = [
            (path.stem, _segment(segment, f"segment {n}"))
            for n, segment in enumerate(whole["segments"], 1)
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        words = f"not what Whisper writes: a JSON object with 'segments' ({error!r})"
        return _Found([], [words])
    notes = whole.get("notes")
    own = [printable(str(note), 2000) for note in notes] if isinstance(notes, list) else []
    return _Found(turns, made_by=printable(str(whole.get("made_by") or "")), notes=own)


def _segment(segment: Mapping[str, Any], where: str) -> Turn:
    for key in ("speaker", "text"):
        if isinstance(segment.get(key), list | dict | bool):
            raise ValueError(f"{where}: its {key} is no text")
    start, end = seconds_of(segment.get("start")), seconds_of(segment.get("end"))
    return Turn(start, end, _words(segment.get("speaker")), _words(segment.get("text")), where)


def _rttm(path: Path) -> _Found:
    """Turns, and each word in the turn of its speaker that holds its middle; several recordings are told
    apart by their ``FILE``."""
    turns: dict[str, list[Turn]] = defaultdict(list)
    words: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    problems = []
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return _Found([], [f"cannot be read as text in UTF-8 ({error})"])
    for number, line in enumerate(lines, 1):
        fields = composed(line).split()
        if not fields or fields[0] not in ("SPEAKER", "LEXEME"):
            continue
        try:
            start, length, speaker = float(fields[3]), float(fields[4]), fields[7]
        except (IndexError, ValueError):
            problems.append(
                f"line {number}: expected KIND FILE CHANNEL START LENGTH TEXT TYPE NAME"
            )
            continue
        kind, file, said = fields[0], fields[1], None if fields[5] == "<NA>" else fields[5]
        if kind == "SPEAKER":
            turn = Turn(start, start + length, _named(speaker), said, f"line {number}")
            turns[file].append(turn)
        elif said:
            words[file].append((start + length / 2, speaker, said))
    found = {file: _with_words(own, words[file]) for file, own in turns.items()}
    several = len(found) > 1
    return _Found(
        [(file if several else path.stem, turn) for file, own in found.items() for turn in own],
        problems,
    )


def _with_words(turns: list[Turn], words: list[tuple[float, str, str]]) -> list[Turn]:
    """Turns with their words, each of which is in one: of those of its speaker that hold its middle, the
    one that began last."""
    waiting: dict[str | None, list[tuple[float, int]]] = defaultdict(list)
    for number, turn in enumerate(turns):
        waiting[turn.speaker].append((turn.start_s or 0.0, number))
    for starts in waiting.values():
        starts.sort(reverse=True)
    begun: dict[str | None, list[int]] = defaultdict(list)
    own: dict[int, list[str]] = defaultdict(list)
    for middle, name, said in sorted(words):
        speaker = _named(name)
        starts, open_turns = waiting[speaker], begun[speaker]
        while starts and starts[-1][0] <= middle:
            open_turns.append(starts.pop()[1])
        while open_turns and (turns[open_turns[-1]].end_s or 0.0) <= middle:
            open_turns.pop()
        if open_turns:
            own[open_turns[-1]].append(said)
    return [
        replace(turn, text=" ".join(own[number])) if number in own else turn
        for number, turn in enumerate(turns)
    ]


def _named(speaker: str) -> str | None:
    return None if speaker in ("<NA>", "") else speaker


def _words(value: Any) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return " ".join(composed(str(value)).split()) or None


READERS: dict[str, Callable[[Path], _Found]] = {
    ".srt": _subtitles,
    ".vtt": _subtitles,
    ".csv": _table,
    ".tsv": _table,
    ".parquet": _table,
    ".json": _whisper,
    ".rttm": _rttm,
}
