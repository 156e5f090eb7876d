"""EmoryNLP (Zahiri and Choi, AFFCON 2018): transcripts of the series Friends, downloaded and read.

The folder holds ``emotion-detection-{trn,dev,tst}.json``: episodes, of scenes, of utterances with
``utterance_id`` (``s01_e02_c01_u002``: season, episode, scene, utterance), ``speakers``, ``transcript``
and ``emotion``. A dialogue is a scene. There is neither sound nor picture.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ValidationError

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.core.paths import file_trouble
from ariigcn.core.settings import describe
from ariigcn.corpora.acquire.download import RemoteFile
from ariigcn.corpora.acquire.obtain import bring, obtaining
from ariigcn.corpora.config import DownloadConfig, SplitConfig
from ariigcn.corpora.read.text_tables import clean_text, was_mended
from ariigcn.corpora.table import Corpus

VERSION = "1.0"
OWN_VALIDATION = True
TEXT_ALONE = True
LABELS = ("joyful", "mad", "neutral", "peaceful", "powerful", "sad", "scared")
NOBODY = "unknown"
# One repository behind two servers. Its authors publish no digests: those of the first use count.
ADDRESSES = (
    "https://raw.githubusercontent.com/emorynlp/emotion-detection/master/json/{name}",
    "https://github.com/emorynlp/emotion-detection/raw/master/json/{name}",
)


@dataclass(frozen=True)
class Part:
    """One official split: its file, our name of it, and its size by the authors' README."""

    file: str
    split: str
    episodes: int
    scenes: int
    utterances: int


PARTS = (
    Part("emotion-detection-trn.json", "train", 77, 713, 9934),
    Part("emotion-detection-dev.json", "validation", 11, 99, 1344),
    Part("emotion-detection-tst.json", "test", 9, 85, 1328),
)
FILES = tuple(
    RemoteFile(part.file, tuple(address.format(name=part.file) for address in ADDRESSES))
    for part in PARTS
)


class Utterance(BaseModel):
    """One utterance of a file; its other fields are not read."""

    utterance_id: str
    speakers: list[str]
    transcript: str | None
    emotion: str | None = None


class Scene(BaseModel):
    """A dialogue."""

    scene_id: str
    utterances: list[Utterance]


class Episode(BaseModel):
    """An episode."""

    scenes: list[Scene]


class Release(BaseModel):
    """A file."""

    episodes: list[Episode]


def obtain(
    root: Path, downloads: Path, config: DownloadConfig, clips: bool, manifest: Path
) -> None:
    """Download the three files (5 MB) to the folder that :func:`load` reads; there are no ``clips``.

    Raises:
        DataError: no address serves a file, or it differs from the one of the first use.
    """
    with obtaining("emorynlp", VERSION, downloads, manifest) as content:
        content["tables"] = bring(FILES, root, downloads, config)


def load(root: Path, split: SplitConfig) -> Corpus:
    """Read EmoryNLP. It has its own splits, so ``split`` changes nothing.

    Raises:
        DataError: a file is absent or damaged, or is not of the official release's size.
    """
    releases = {part: _read(root / part.file) for part in PARTS}
    if problems := [line for part, found in releases.items() for line in _size(part, found)]:
        title = "emorynlp: the files are not those of the official release; get them again"
        raise DataError(problem_list(title, problems))
    frames, notes = [], []
    for part, release in releases.items():
        frame = pd.DataFrame(_rows(release)).assign(split=part.split)
        notes += [f"{part.split}: {note}" for note in _notes(frame)]
        frames.append(frame)
    utterances = pd.concat(frames, ignore_index=True)
    notes += _spell_alike(utterances)
    return Corpus(
        name="emorynlp",
        version=VERSION,
        labels=LABELS,
        licence="Apache-2.0; the words remain the property of the owners of the series",
        sources={part.file: sha256_file(root / part.file) for part in PARTS},
        utterances=utterances.drop(columns=["speakers", "mended"]),
        notes=tuple(notes),
    )


def _read(path: Path) -> Release:
    if not path.exists():
        raise DataError(f"emorynlp: {path.name} is absent from {path.parent}")
    if trouble := file_trouble(path):
        raise DataError(f"{path}: cannot be read ({trouble})")
    try:
        return Release.model_validate_json(path.read_bytes())
    except ValidationError as error:
        title = f"{path}: not a file of the release; get it again"
        raise DataError(problem_list(title, describe(error))) from None


def _size(part: Part, release: Release) -> list[str]:
    scenes = [scene for episode in release.episodes for scene in episode.scenes]
    found = {
        "episodes": (len(release.episodes), part.episodes),
        "scenes": (len(scenes), part.scenes),
        "utterances": (sum(len(scene.utterances) for scene in scenes), part.utterances),
    }
    return [
        f"{part.file}: {count} {what}, expected {expected}"
        for what, (count, expected) in found.items()
        if count != expected
    ]


def _rows(release: Release) -> Iterator[dict[str, object]]:
    """The table's rows in order, with the number of ``speakers`` and whether the text was ``mended``."""
    for scene in (scene for episode in release.episodes for scene in episode.scenes):
        for position, utterance in enumerate(scene.utterances):
            text = utterance.transcript or ""
            # In the order of their names, so that the same people are the same speaker.
            speakers = sorted({clean_text(name) for name in utterance.speakers} - {""})
            yield {
                "dialogue_id": scene.scene_id,
                "utterance_id": utterance.utterance_id,
                "position": position,
                "speaker": " and ".join(speakers) or NOBODY,
                "text": clean_text(text) or None,
                "emotion": clean_text(utterance.emotion or "").lower() or None,
                "media": None,
                "start_s": float("nan"),
                "end_s": float("nan"),
                "speakers": len(speakers),
                "mended": was_mended(text),
            }


def _notes(frame: pd.DataFrame) -> list[str]:
    """What is odd in a part, with how often it is."""
    odd = {
        "have no words; their text is missing": frame["text"].isna(),
        "have no emotion; they are context": frame["emotion"].isna(),
        "have several speakers, who count as one of their own": frame["speakers"] > 1,
        f"name no speaker; they are '{NOBODY}'": frame["speakers"] == 0,
        "had a wrong encoding, which was repaired": frame["mended"],
    }
    return [
        f"{found.sum():,} utterance(s) {what}, first {frame.loc[found, 'utterance_id'].iloc[0]}"
        for what, found in odd.items()
        if found.any()
    ]


def _spell_alike(frame: pd.DataFrame) -> list[str]:
    """Spell speakers who differ by capitals alone as most of their utterances do, in place."""
    counts = Counter(frame["speaker"])
    usual: dict[str, str] = {}
    for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        usual.setdefault(name.casefold(), name)
    spelt = frame["speaker"].str.casefold().map(usual)
    changed = spelt != frame["speaker"]
    frame["speaker"] = spelt
    if not changed.any():
        return []
    return [
        f"{changed.sum():,} utterance(s) spell their speaker with other capitals than most do, first "
        f"{frame.loc[changed, 'utterance_id'].iloc[0]}; they are spelt alike"
    ]
