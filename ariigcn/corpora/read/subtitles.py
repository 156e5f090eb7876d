"""SubRip and WebVTT with speakers: one file a recording, one cue an utterance.

A speaker is a voice tag (``<v Ann>Hello``) or a name before a colon (``Ann: Hello``); a cue may name
nobody. A cue with two speakers is refused: two lines with dashes, two voice tags, or a later line that
begins with another name. A parser of our own: those on PyPI take a malformed cue for text of the one
before, and tell no lines.
"""

import html
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ariigcn.corpora.read.text_tables import composed

SUFFIXES = (".srt", ".vtt")
# Files come from anywhere: no pattern may look at a text more than once from each place. So what repeats
# never gives back (``*+``), and a tag ends before the next one begins.
_CLOCK = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{2})[,.](\d{1,3})"
_TIMES = re.compile(rf"\s*+{_CLOCK}\s*+-->\s*+{_CLOCK}(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*+)?\s++([^<>]++)>")
_NAME = re.compile(r"(?:-\s*+)?([^\W\d_][\w .'\-]{0,39}?)\s*+:\s++(.*)", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*+>|<\d[\d:.]*+>|\{\\[^{}]*+\}")
# Lines of sounds alone before what is said: [door opens], (SIGHS), a song.
_SOUNDS = re.compile(r"\A(?:[^\S\n]*+(?:\[[^\[\]\n]*+\]|\([^()\n]*+\)|♪[^\n]*+)[^\S\n]*+\n)++")
_DASHED = re.compile(r"^[^\S\n]*+-\s", re.MULTILINE)
_BLOCKS = ("NOTE", "STYLE", "REGION", "WEBVTT")
# What stands before a colon and names nobody, however it is written.
_REMARKS = {"attention", "n.b.", "nb", "note", "p.s.", "ps", "warning"}
TWO = "two speakers in one cue; make it two"


@dataclass(frozen=True)
class Cue:
    """An utterance: seconds within the recording, speaker, text, and the line its times stand on.

    ``speaker`` is None where the cue names nobody.
    """

    start_s: float
    end_s: float
    speaker: str | None
    text: str
    line: int


def read_subtitles(path: Path) -> tuple[list[Cue], list[str]]:
    """The cues in the order of the file, and what is wrong with the others, each with its line."""
    try:
        text = composed(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        return [], [f"{path.name}: cannot be read ({error.strerror})"]
    except UnicodeDecodeError as error:
        return [], [f"{path.name}: not in UTF-8 ({error}); save it as UTF-8"]
    found, problems = [], []
    for first, block in _blocks(text.splitlines()):
        if block[0].startswith(_BLOCKS):
            continue
        at = next((i for i, line in enumerate(block[:2]) if "-->" in line), None)
        where = f"{path.name}, line {first + (at or 0)}"
        times = _TIMES.fullmatch(block[at]) if at is not None else None
        if at is None or times is None:
            problems.append(f"{where}: expected times such as 00:01:02,500 --> 00:01:04,000")
            continue
        groups = times.groups()
        start, end = _seconds(groups[:4]), _seconds(groups[4:])
        written = "\n".join(block[at + 1 :])
        speaker, said = split_speaker(written)
        if end <= start:
            problems.append(f"{where}: the cue ends before it starts")
        else:
            found.append((Cue(start, end, speaker, said, first + at), written))
    # Captions that roll repeat a line of the cue before: what stands before its colon is no speaker.
    later = {line.strip() for _, written in found for line in written.split("\n")[1:]}
    named = {
        cue.speaker
        for cue, written in found
        if cue.speaker and written.split("\n")[0].strip() not in later
    }
    cues = []
    for cue, written in found:
        if several := _several(written, cue.speaker, named):
            problems.append(f"{path.name}, line {cue.line}: {several}")
        else:
            cues.append(cue)
    return cues, problems


def _blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """Runs of lines that are not blank, with the number of their first line."""
    blocks: list[tuple[int, list[str]]] = []
    open_block = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            open_block = False
        elif open_block:
            blocks[-1][1].append(line)
        else:
            blocks.append((number, [line]))
            open_block = True
    return blocks


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return round(whole + float(f"0.{fraction}"), 3)


def split_speaker(text: str) -> tuple[str | None, str]:
    """Who speaks, if somebody is named, and the words without tags, entities resolved, on one line."""
    voice = _VOICE.search(text)
    words = _plain(_TAG.sub("", text))
    if voice:
        return " ".join(_plain(voice[1]).split()), " ".join(words.split())
    sounds = match[0] if (match := _SOUNDS.match(words)) else ""
    named = _NAME.fullmatch(words[len(sounds) :].strip())
    speaker, said = (named[1].strip(), f"{sounds} {named[2]}") if named else (None, words)
    return speaker, " ".join(said.split())


def _several(written: str, speaker: str | None, named: Collection[str]) -> str:
    """Why a cue, as it is written, seems to have two speakers; empty where it has one.

    Where a line begins with what may be a name, it is one if it is a speaker's elsewhere in the file
    (``named``), or if it is written as names are and the cue names its ``speaker``.
    """
    voices = {" ".join(_plain(voice).split()) for voice in _VOICE.findall(written)}
    if len(voices) > 1 or len(_DASHED.findall(written)) > 1:
        return TWO
    lines = _SOUNDS.sub("", _plain(_TAG.sub("", written))).split("\n")[1:]
    names = [match[1].strip() for line in lines if (match := _NAME.fullmatch(line.strip()))]
    for name in names:
        if name != speaker and (name in named or (speaker and _is_written_as_name(name))):
            return f"{TWO}, or, if '{name}' does not speak, write the cue on one line"
    return ""


def _is_written_as_name(name: str) -> bool:
    """Whether each word begins with a capital or a digit, as in "Ann Lee" and "SPEAKER 1"."""
    capitals = name[0].isupper() and all(not word[0].islower() for word in name.split())
    return capitals and name.lower() not in _REMARKS


def _plain(text: str) -> str:
    """Entities resolved; a number of thousands of digits is none."""
    try:
        return html.unescape(text)
    except ValueError:
        return text
