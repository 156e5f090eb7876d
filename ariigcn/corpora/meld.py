"""MELD (Poria et al., ACL 2019): utterances of the series Friends, from the corpus's own tables.

The folder holds ``{train,dev,test}_sent_emo.csv`` and, where audio and video are wanted, the clips
as MELD.Raw's inner archives unpack: ``train_splits/``, ``dev_splits_complete/`` and
``output_repeated_splits_test/`` with ``dia{D}_utt{U}.mp4``. Both may stand in ``train/``, ``dev/``
and ``test/`` instead. A clip is an utterance, so the table's times, within an episode, are unused.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.source import clean_text, read_rows
from ariigcn.corpora.table import Corpus

LABELS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
FIELDS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")


@dataclass(frozen=True)
class Part:
    """One official split: MELD's name and ours, its size, and the folder of its clips."""

    name: str
    split: str
    utterances: int
    dialogues: int
    clips: str


PARTS = (
    Part("train", "train", 9989, 1038, "train_splits"),
    Part("dev", "validation", 1109, 114, "dev_splits_complete"),
    Part("test", "test", 2610, 280, "output_repeated_splits_test"),
)
# Reported in the corpus's issue tracker (20, 22, 39) and measured by others.
UNUSABLE = {
    "train_dia125_utt3": "its clip is corrupted",
    "dev_dia110_utt7": "the archive has no clip of it",
    "test_dia38_utt4": "its clip is cut wrongly, about 305 s long",
    "test_dia220_utt0": "its clip is cut wrongly, about 235 s long",
}


def load(root: Path, split: SplitConfig) -> Corpus:
    """Read MELD; its splits are its own, so ``split`` has no say.

    Raises:
        DataError: a table is absent or damaged, or is not of the official release's size.
    """
    frames, notes, sources, problems = [], [], {}, []
    for part in PARTS:
        path = _find(root, part, f"{part.name}_sent_emo.csv")
        if path is None:
            raise DataError(f"meld: {part.name}_sent_emo.csv is absent from {root}")
        frame = _utterances(part, path)
        problems += _size(part, path, frame)
        notes += _attach_clips(root, part, frame)
        frames.append(frame)
        sources[path.relative_to(root).as_posix()] = sha256_file(path)
    if problems:
        title = "meld: the tables are not those of the official release; fetch them again"
        raise DataError(problem_list(title, problems))
    return Corpus(
        name="meld",
        version="1",
        labels=LABELS,
        licence="tables: GPL-3.0; clips: rights remain with the owners of the series",
        sources=sources,
        utterances=pd.concat(frames, ignore_index=True),
        notes=tuple(notes),
    )


def _find(root: Path, part: Part, name: str) -> Path | None:
    """A file or folder of this part: at the top, or in the part's own folder."""
    places = (root / name, root / part.name / name)
    return next((place for place in places if place.exists()), None)


def _utterances(part: Part, path: Path) -> pd.DataFrame:
    (_, header), *rows = read_rows(path)
    missing = [field for field in FIELDS if field not in header]
    if missing:
        raise DataError(f"{path}: column(s) missing: {', '.join(missing)}")
    at = [header.index(field) for field in FIELDS]
    records = []
    for line, cells in rows:
        text, speaker, emotion, dialogue, number = (clean_text(cells[i]) for i in at)
        try:
            key = int(dialogue), int(number)
        except ValueError:
            raise DataError(
                f"{path}, line {line}: Dialogue_ID '{dialogue}' and Utterance_ID '{number}' "
                "must be whole numbers"
            ) from None
        # 'Phoebe Sr' and 'Phoebe Sr.' are one woman.
        records.append((*key, speaker.rstrip("."), text or None, emotion.lower()))
    frame = pd.DataFrame(records, columns=["dialogue", "number", "speaker", "text", "emotion"])
    frame = frame.sort_values(["dialogue", "number"], kind="stable", ignore_index=True)
    frame["dialogue_id"] = f"{part.name}_dia" + frame["dialogue"].astype(str)
    frame["utterance_id"] = frame["dialogue_id"] + "_utt" + frame["number"].astype(str)
    frame["position"] = frame.groupby("dialogue").cumcount()
    frame["split"] = part.split
    return frame.drop(columns=["dialogue", "number"])


def _size(part: Part, path: Path, frame: pd.DataFrame) -> list[str]:
    found = {"utterances": len(frame), "dialogues": frame["dialogue_id"].nunique()}
    due = {"utterances": part.utterances, "dialogues": part.dialogues}
    return [
        f"{path.name}: {found[k]} {k} where {due[k]} are due" for k in due if found[k] != due[k]
    ]


def _attach_clips(root: Path, part: Part, frame: pd.DataFrame) -> list[str]:
    """Fill ``media``, ``start_s`` and ``end_s``; what is worth a note comes back."""
    frame[["media", "start_s", "end_s"]] = None, float("nan"), float("nan")
    folder = _find(root, part, part.clips)
    if folder is None:
        return [f"{part.name}: no folder {part.clips}, so no utterance has audio or video"]
    present = {entry.name for entry in folder.iterdir()}
    names = frame["utterance_id"].str.removeprefix(f"{part.name}_") + ".mp4"
    unusable = frame["utterance_id"].isin(UNUSABLE)
    usable = names.isin(present) & ~unusable
    frame["media"] = (folder.relative_to(root).as_posix() + "/" + names).where(usable, None)
    notes = [
        f"{utterance}: {UNUSABLE[utterance]}; its audio and video are missing"
        for utterance in frame.loc[unusable, "utterance_id"]
    ]
    absent = frame.loc[~usable & ~unusable, "utterance_id"].tolist()
    if absent:
        notes.append(f"{part.name}: {len(absent)} utterance(s) have no clip, first {absent[0]}")
    extra = sorted(present - set(names))
    if extra:
        notes.append(
            f"{part.name}: {len(extra)} file(s) in {part.clips} belong to no utterance and are "
            f"ignored, first {extra[0]}"
        )
    return notes
