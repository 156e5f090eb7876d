"""One dialogue of IEMOCAP: its label file and its transcription.

Both have a line a turn; ``EmoEvaluation`` states the label of the raters' majority::

    [start - end] TAB turn TAB label TAB [V, A, D]
    turn [start-end]: text
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ariigcn.core.errors import DataError
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.read.text_tables import clean_text, read_lines, was_mended
from ariigcn.corpora.splits import listed

# Within a session: label files, transcriptions.
RATINGS, WORDS = "dialog/EmoEvaluation", "dialog/transcriptions"
# The release's codes: the field's six classes in their usual order, then the rare ones.
NAMES = {
    "hap": "happy",
    "sad": "sad",
    "neu": "neutral",
    "ang": "angry",
    "exc": "excited",
    "fru": "frustrated",
    "sur": "surprised",
    "fea": "fearful",
    "dis": "disgusted",
}
UNLABELLED = ("xxx", "oth")

_NUMBER = r"\s*(\d+(?:\.\d+)?)\s*"
_RATED = re.compile(rf"\[{_NUMBER}-{_NUMBER}\]\s*(\S+)\s+([a-z]{{3}})\s*(?:\[.*\])?\s*")
_SPOKEN = re.compile(rf"\s*(Ses\S+?)\s*\[{_NUMBER}-{_NUMBER}\]\s*:?(.*)")
TURN = re.compile(r"(Ses0[1-5])([FM])_\w+_([FM])(?:\d+|XX\d*)\w*")


@dataclass(frozen=True)
class Line:
    """A line of a dialogue's files: a turn's span, in seconds of the dialogue, and its label or text."""

    start_s: float
    end_s: float
    value: str
    mended: bool = False


def read_dialogue(rated: Path) -> tuple[pd.DataFrame, list[str]]:
    """Read one dialogue's turns, in order of their starts.

    Args:
        rated: its label file; its transcription stands beside the folder of label files.

    Returns:
        One row a turn (columns: dialogue_id, utterance_id, position, speaker, text, mended, code,
        start_s, end_s), and notes on what does not fit together. ``code`` is the release's label.

    Raises:
        DataError: no transcription, no turn in it, or an unknown label.
    """
    name = rated.stem
    spoken = rated.parents[2] / WORDS / rated.name
    if not spoken.is_file():
        raise DataError(f"{spoken}: absent; unpack the release again")
    labels, texts = read_labels(rated), read_transcription(spoken)
    for code in sorted({turn.value for turn in labels.values()} - {*NAMES, *UNLABELLED}):
        raise DataError(f"{rated}: {unknown_name(code, list(NAMES), 'label')}")
    # Where the two files differ, the label file's times count.
    times = {turn: labels.get(turn) or texts[turn] for turn in (*labels, *texts)}
    parts = {turn: TURN.fullmatch(turn) for turn in times if turn.startswith(f"{name}_")}
    order = sorted((t for t in parts if parts[t]), key=lambda t: (times[t].start_s, t))
    if not order:
        raise DataError(f"{spoken}: no turn in it; unpack the release again")
    foreign, unspoken = set(times) - set(order), set(order) - set(texts)
    notes = [f"{name}: {listed(foreign)} is left out, not a turn of it"] if foreign else []
    notes += [f"{name}: {listed(unspoken)} has no transcription"] if unspoken else []
    frame = pd.DataFrame(
        {
            "dialogue_id": name,
            "utterance_id": order,
            "position": range(len(order)),
            "speaker": [f"{m[1]}_{m[3]}" for turn in order if (m := parts[turn])],
            "text": [(texts[turn].value or None) if turn in texts else None for turn in order],
            "mended": [turn in texts and texts[turn].mended for turn in order],
            "code": [labels[turn].value if turn in labels else None for turn in order],
            "start_s": [times[turn].start_s for turn in order],
            "end_s": [times[turn].end_s for turn in order],
        }
    )
    return frame, notes


def read_labels(path: Path) -> dict[str, Line]:
    """Turn -> its span and the code of the majority's label; the lines of single raters are skipped."""
    found = [_RATED.fullmatch(line) for line in read_lines(path)]
    return {m[3]: Line(float(m[1]), float(m[2]), m[4]) for m in found if m}


def read_transcription(path: Path) -> dict[str, Line]:
    """Turn -> its span and text; other lines, such as ``M: [LAUGHTER]``, are skipped."""
    found = [_SPOKEN.fullmatch(line) for line in read_lines(path)]
    return {
        m[1]: Line(float(m[2]), float(m[3]), clean_text(m[4]), was_mended(m[4])) for m in found if m
    }
