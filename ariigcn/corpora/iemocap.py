"""IEMOCAP (Busso et al., Language Resources and Evaluation 42, 2008): ten actors, five sessions.

The folder is ``IEMOCAP_full_release``, which the University of Southern California gives on request.
Of each ``Session{1..5}`` are read::

    dialog/EmoEvaluation/DIALOGUE.txt     [start - end] TAB turn TAB label TAB [V, A, D], and votes
    dialog/transcriptions/DIALOGUE.txt    turn [start-end]: text
    sentences/wav/DIALOGUE/TURN.wav       one turn's sound
    dialog/avi/DivX/DIALOGUE.avi          both actors side by side, the whole dialogue

The label is the majority's, as ``EmoEvaluation`` states it. A turn without one (``xxx``), or with one
that the label set leaves out, stays in the table as context. The speaker is the letter before the
number in a turn's id; the letter in the dialogue's id is the actor who wears the markers.
"""

from collections import Counter
from hashlib import sha256
from pathlib import Path

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.config import IemocapConfig, SplitConfig
from ariigcn.corpora.read.emo_evaluation import NAMES, RATINGS, TURN, WORDS, read_dialogue
from ariigcn.corpora.read.text_tables import read_list
from ariigcn.corpora.splits import CUT, cut_validation, listed
from ariigcn.corpora.table import Corpus

REQUEST = "https://sail.usc.edu/iemocap/"
# Within a session: a turn's sound, a dialogue's picture.
SOUND, PICTURE = "sentences/wav", "dialog/avi/DivX"
# Session -> dialogues of the release; 151 in all.
DIALOGUES = {1: 28, 2: 30, 3: 32, 4: 30, 5: 31}
LABELS = {
    "6-way": tuple(NAMES.values())[:6],
    "4-way": tuple(NAMES.values())[:4],
    "all": tuple(NAMES.values()),
}
MERGED = {"4-way": {"excited": "happy"}}  # label set -> names that it counts as others
UNUSABLE: dict[str, str] = {}  # no clip of the release is known to be
STRAYS = ("Session?/dialog/*/._*", f"Session?/{PICTURE}/._*", f"Session?/{SOUND}/*/._*")


def load(root: Path, split: SplitConfig, options: IemocapConfig | None = None) -> Corpus:
    """Read IEMOCAP.

    One session is the test split. Validation is a whole session too, or is cut by ``split`` from the
    dialogues of the other sessions: ``options.validation`` says which.

    Raises:
        DataError: the folder is not the release (everything absent is named), a file is damaged, or
            an actor would be heard in training and in test.
    """
    options = options or IemocapConfig()
    check_layout(root)
    frames, notes, sources = [], [], {}
    for session in DIALOGUES:
        folder = root / f"Session{session}"
        # A Mac leaves files beside them that start with ``._``.
        for rated in sorted(folder.glob(f"{RATINGS}/Ses*.txt")):
            frame, odd = read_dialogue(rated)
            frames.append(frame)
            notes += odd
        sources[f"Session{session}/dialog"] = _digest(folder)
    table = pd.concat(frames, ignore_index=True)
    if table["mended"].any():
        notes.append(f"the encoding of {table['mended'].sum()} transcription(s) was repaired")
    notes += _label(table, options)
    notes += _attach_media(root, table, options)
    notes.append(_split(table, split, options))
    check_speakers(table, options.validation)
    return Corpus(
        name="iemocap",
        version="full release",
        labels=LABELS[options.labels],
        licence="USC's release form: academic research, no redistribution",
        sources=sources,
        utterances=table.drop(columns=["code", "mended"]),
        notes=tuple(notes),
        extra={
            "label_set": options.labels,
            "test_session": options.test_session,
            "validation": options.validation,
        },
    )


def check_layout(root: Path) -> None:
    """Look for every session and every kind of file; nothing is opened.

    The release without videos has no ``dialog/avi`` in any session, which is fine.

    Raises:
        DataError: everything absent, and where the corpus is requested.
    """
    problems = []
    videos = any((root / f"Session{s}" / "dialog/avi").is_dir() for s in DIALOGUES)
    kinds = [f"{RATINGS}/Ses*.txt", f"{WORDS}/Ses*.txt", f"{SOUND}/Ses*"]
    kinds += [f"{PICTURE}/Ses*.avi"] if videos else []
    for session, dialogues in DIALOGUES.items():
        folder = root / f"Session{session}"
        if not folder.is_dir():
            problems.append(f"no folder {folder.name}")
            continue
        for kind in kinds:
            found = len(list(folder.glob(kind)))
            if not found:
                problems.append(f"{folder.name}/{kind}: nothing there")
            elif kind.endswith(".txt") and found != dialogues:
                problems.append(f"{folder.name}/{kind}: {found} files, expected {dialogues}")
    if problems:
        title = (
            f"iemocap: {root} is not IEMOCAP_full_release (name the folder that holds Session1 to "
            f"Session5; request the corpus at {REQUEST}; this program never downloads it)"
        )
        raise DataError(problem_list(title, problems, limit=25))


def _split(table: pd.DataFrame, split: SplitConfig, options: IemocapConfig) -> str:
    """Fill ``split`` in place; the note that says what validates."""
    session = table["dialogue_id"].str[4].astype(int)
    table["split"] = "train"
    table.loc[session == options.test_session, "split"] = "test"
    if options.validation == "dialogues":
        return cut_validation(table, split)
    held_out = (options.test_session - 2) % len(DIALOGUES) + 1
    table.loc[session == held_out, "split"] = "validation"
    return (
        f"{CUT}: session {held_out}, {DIALOGUES[held_out]} dialogues; its speakers are in "
        f"neither training nor test"
    )


def check_speakers(table: pd.DataFrame, validation: str = "dialogues") -> None:
    """Check that no actor of the test split speaks in another split.

    Where a whole session validates, its actors may speak nowhere else either.

    Args:
        table: one row an utterance; the columns speaker and split are read.
        validation: how it was cut, as ``validation`` of the corpus's options says.

    Raises:
        DataError: an actor does; all of them are named.
    """
    for split in ("test", *(("validation",) if validation == "session" else ())):
        own = table["split"] == split
        both = set(table.loc[own, "speaker"]) & set(table.loc[~own, "speaker"])
        if both:
            raise DataError(
                f"iemocap: {', '.join(sorted(both))} would be in training and in {split}; a "
                "dialogue is in the folder of another session, or the release was changed: "
                "unpack it again"
            )


def _digest(session: Path) -> str:
    """One sha256 over the label files and transcriptions of a session."""
    folder = session / "dialog"
    files = sorted(path for kind in (RATINGS, WORDS) for path in session.glob(f"{kind}/Ses*.txt"))
    lines = [f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    return sha256("".join(lines).encode()).hexdigest()


def _label(table: pd.DataFrame, options: IemocapConfig) -> list[str]:
    """Fill ``emotion`` from the codes, the label set and the list; notes on what is left out."""
    merged = MERGED.get(options.labels, {})
    names, notes = table["code"].map(NAMES).replace(merged), []
    if options.utterance_list is not None:
        notes += _follow_list(table, names, options.utterance_list, merged)
    known = names.isin(LABELS[options.labels])
    table["emotion"] = names.astype(object).where(known, None)
    left = Counter(table.loc[~known, "code"].fillna("no label"))
    counts = ", ".join(f"{n} {code}" for code, n in sorted(left.items()))
    notes.append(f"{int((~known).sum())} turns are context only: {counts or 'none'}")
    return notes


def _follow_list(
    table: pd.DataFrame, names: "pd.Series[str]", path: Path, merged: dict[str, str]
) -> list[str]:
    """Keep the labels of listed turns alone, in place; labels in the list override the release's."""
    listing = read_list(path)
    unknown = set(listing) - set(table["utterance_id"])
    if unknown:
        raise DataError(
            f"{path}: {len(unknown)} of its {len(listing)} utterances are not in IEMOCAP: "
            f"{listed(unknown)}"
        )
    given = table["utterance_id"].map(listing).astype(object).replace(NAMES).replace(merged)
    wrong = sorted(set(given.dropna()) - set(NAMES.values()))
    if wrong:
        raise DataError(f"{path}: {unknown_name(str(wrong[0]), list(NAMES.values()), 'emotion')}")
    differs = given.notna() & (given != names)
    names[~table["utterance_id"].isin(listing)] = None
    names[differs] = given[differs]
    return [
        f"labels are those of the {len(listing)} utterances in {path.name}; "
        f"{int(differs.sum())} of these labels differ from the release's majority",
    ]


def _attach_media(root: Path, table: pd.DataFrame, options: IemocapConfig) -> list[str]:
    """Fill ``audio``, ``media`` and ``video_side``; turns and dialogues without a file get a note."""
    dialogue, turn = table["dialogue_id"], table["utterance_id"]
    sound = "Session" + dialogue.str[4] + f"/{SOUND}/" + dialogue + "/" + turn + ".wav"
    picture = "Session" + dialogue.str[4] + f"/{PICTURE}/" + dialogue + ".avi"
    present = {
        path.relative_to(root).as_posix()
        for kind in (f"{SOUND}/Ses*/Ses*.wav", f"{PICTURE}/Ses*.avi")
        for path in root.glob(f"Session?/{kind}")
    }
    table["audio"] = sound.astype(object).where(sound.isin(present), None)
    table["media"] = picture.astype(object).where(picture.isin(present), None)
    marked = turn.str.extract(TURN)
    here, there = options.marked_actor, "right" if options.marked_actor == "left" else "left"
    table["video_side"] = [
        here if a == b else there for a, b in zip(marked[1], marked[2], strict=True)
    ]
    notes = []
    strays = sum(1 for pattern in STRAYS for _ in root.glob(pattern))
    if strays:
        notes.append(f"{strays} file(s) that a Mac left (._*) are ignored")
    silent = turn[table["audio"].isna() & table["emotion"].notna()]
    if len(silent):
        notes.append(f"{len(silent)} labelled turn(s) have no wav: {listed(silent)}")
    unseen = dialogue[table["media"].isna()].unique()
    if len(unseen) == dialogue.nunique():
        notes.append("no dialogue has a video: this is the release without videos")
    elif len(unseen):
        notes.append(f"{len(unseen)} dialogue(s) have no video: {listed(unseen)}")
    return notes
