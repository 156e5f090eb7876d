"""MELD (Poria et al., ACL 2019): utterances of the series Friends, downloaded and read.

The folder holds ``{train,dev,test}_sent_emo.csv`` and, where audio and video are wanted, the clips
as MELD.Raw's inner archives unpack: ``train_splits/``, ``dev_splits_complete/`` and
``output_repeated_splits_test/`` with ``dia{D}_utt{U}.mp4``. Both may stand in ``train/``, ``dev/``
and ``test/`` instead. A clip is an utterance. The tables' times, within an episode, serve to find
clips of the wrong length.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.core.logs import logger
from ariigcn.corpora.acquire.archives import unpack
from ariigcn.corpora.acquire.download import RemoteFile, download
from ariigcn.corpora.acquire.obtain import bring, obtaining
from ariigcn.corpora.config import DownloadConfig, MeldConfig, SplitConfig
from ariigcn.corpora.read.clips import look_at
from ariigcn.corpora.read.text_tables import clean_text, read_rows, was_mended
from ariigcn.corpora.table import Corpus

VERSION = "1"
OWN_VALIDATION = True
# The authors' archive and its copy on a hub; its digest is the id under which the hub stores it.
ARCHIVE = RemoteFile(
    "MELD.Raw.tar.gz",
    addresses=(
        "https://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz",
        "https://huggingface.co/datasets/declare-lab/MELD/resolve/main/MELD.Raw.tar.gz",
        "http://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz",
    ),
    size=10_878_146_150,
    sha256="a56b4407d574195cbce470d86f9c9d72fcfea59b0e34502ecd4babee4a5c613e",
)
# The authors' repository, at the commit that the digests belong to, then at its newest.
REPOSITORY = "https://raw.githubusercontent.com/declare-lab/MELD/{commit}/data/MELD/{name}"
COMMITS = ("e8cedf27b5d2877e198332c957127e16eb214afe", "master")


def _table(part: str, size: int, sha256: str) -> RemoteFile:
    name = f"{part}_sent_emo.csv"
    addresses = tuple(REPOSITORY.format(commit=commit, name=name) for commit in COMMITS)
    return RemoteFile(name, addresses, size, sha256)


TABLES = (
    _table("train", 1_119_290, "d2fa2d6529cf03cac2989efec05c9b27d8fd2f4c8fc5974c7ae88aa537fa02db"),
    _table("dev", 121_640, "2e89c6f8aa182d6f62f8c6331aece905ac7273ca4999660bfb5213e1d0370c1c"),
    _table("test", 294_526, "8d37103938f7067600839fe29d5a114a6cd1bcdafb75bec101e06464c5006888"),
)
LABELS = {
    "emotion": ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"),
    "sentiment": ("negative", "neutral", "positive"),
}
FIELDS = ("Utterance", "Speaker", "Dialogue_ID", "Utterance_ID")
# A clip is cut wrongly where it is this many times as long as its subtitle, and this many seconds.
MIS_CUT_TIMES, MIS_CUT_S = 5.0, 30.0
# A clip is opened only if its bytes a second of subtitle are this many times the median clip's.
SUSPICIOUS_TIMES = 4.0
_TIME = re.compile(r"(\d+):(\d+):(\d+)[,.](\d+)")


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
CLIP = re.compile(r"dia\d+_utt\d+\.mp4")


def obtain(
    root: Path, downloads: Path, config: DownloadConfig, clips: bool, manifest: Path
) -> None:
    """Download MELD's tables, and its clips where they are wanted, to the folder that :func:`load` reads.

    Args:
        root: the folder.
        downloads: where the archive stands; it may be removed afterwards.
        config: mirror, local copies, and whether the published digests are checked.
        clips: audio and video too (10.9 GB), or the tables alone (1.5 MB).
        manifest: JSON file to write: version, digests of the files, members of the archive.

    Raises:
        DataError: no address serves a file, a digest is wrong, the disk is too small.
    """
    with obtaining("meld", VERSION, downloads, manifest) as content:
        if clips:
            archive = download(ARCHIVE, downloads, config, unpack_to=root)
            published = config.digests == "published"
            content["archive"] = ARCHIVE.sha256 if published else sha256_file(archive)
            content["members"] = unpack(archive, root, _place, _kind).summary()
        # Where clips were wanted, the tables came out of the archive, and are right as a rule.
        content["tables"] = bring(TABLES, root, downloads, config)
    if clips and archive.parent == downloads:
        logger.info("%s is no longer needed; you may remove it", archive)


def _place(path: PurePosixPath) -> PurePosixPath | None:
    """Where in the folder a member of the archive belongs; None: nowhere."""
    if path.parent.name in {part.clips for part in PARTS} and CLIP.fullmatch(path.name):
        return PurePosixPath(path.parent.name, path.name)
    return PurePosixPath(path.name) if path.name in {table.name for table in TABLES} else None


def _kind(name: str) -> str:
    """What to call a file that belongs nowhere."""
    if name.startswith("._"):
        return "resource fork(s) of a Mac (._*)"
    if name.startswith("final_videos_test"):
        return "unlabelled clip(s) (final_videos_test*)"
    return "other file(s)"


def load(root: Path, split: SplitConfig, options: MeldConfig | None = None) -> Corpus:
    """Read MELD. It has its own splits, so ``split`` changes nothing.

    Raises:
        DataError: a table is absent or damaged, or is not of the official release's size.
    """
    options = options or MeldConfig()
    frames, notes, sources, problems = [], [], {}, []
    for part in PARTS:
        path = _table_path(root, part)
        frame = _utterances(part, path, options.labels)
        problems += _size(part, path, frame)
        if frame["mended"].any():
            notes.append(
                f"{part.name}: the encoding of {frame['mended'].sum()} text(s) was repaired"
            )
        notes += _attach_clips(root, part, frame)
        frames.append(frame)
        sources[path.relative_to(root).as_posix()] = sha256_file(path)
    if problems:
        title = "meld: the tables are not those of the official release; get them again"
        raise DataError(problem_list(title, problems))
    return Corpus(
        name="meld",
        version=VERSION,
        labels=LABELS[options.labels],
        licence="tables: GPL-3.0; clips: rights remain with the owners of the series",
        sources=sources,
        utterances=pd.concat(frames, ignore_index=True).drop(columns=["span_s", "mended"]),
        notes=tuple(notes),
        extra={"label_set": options.labels},
    )


def expected_lengths(root: Path) -> dict[str, float]:
    """Utterance -> seconds that its subtitle is shown, which its clip should last."""
    frames = [_utterances(part, _table_path(root, part), "emotion") for part in PARTS]
    spans = pd.concat(frames).set_index("utterance_id")["span_s"].dropna()
    return {str(name): float(seconds) for name, seconds in spans.items()}


def _table_path(root: Path, part: Part) -> Path:
    path = _find(root, part, f"{part.name}_sent_emo.csv")
    if path is None:
        raise DataError(f"meld: {part.name}_sent_emo.csv is absent from {root}")
    return path


def _find(root: Path, part: Part, name: str) -> Path | None:
    """A file or folder of this part: at the top, or in the part's own folder."""
    places = (root / name, root / part.name / name)
    return next((place for place in places if place.exists()), None)


def _utterances(part: Part, path: Path, labels: str) -> pd.DataFrame:
    """A part's rows in conversation order; ``span_s`` is how long each subtitle is shown."""
    (_, header), *rows = read_rows(path)
    fields = (*FIELDS, labels.capitalize())
    missing = [field for field in fields if field not in header]
    if missing:
        raise DataError(f"{path}: column(s) missing: {', '.join(missing)}")
    at = [header.index(field) for field in fields]
    timed = [header.index(name) for name in ("StartTime", "EndTime") if name in header]
    records = []
    for line, cells in rows:
        text, speaker, dialogue, number, label = (clean_text(cells[i]) for i in at)
        try:
            key = int(dialogue), int(number)
        except ValueError:
            raise DataError(
                f"{path}, line {line}: Dialogue_ID '{dialogue}' and Utterance_ID '{number}' "
                "must be whole numbers"
            ) from None
        # 'Phoebe Sr' and 'Phoebe Sr.' are one woman.
        span = _span_s([cells[i] for i in timed])
        mended = was_mended(cells[at[0]])
        records.append((*key, speaker.rstrip("."), text or None, label.lower(), span, mended))
    columns = ["dialogue", "number", "speaker", "text", "emotion", "span_s", "mended"]
    frame = pd.DataFrame(records, columns=columns)
    frame = frame.sort_values(["dialogue", "number"], kind="stable", ignore_index=True)
    frame["dialogue_id"] = f"{part.name}_dia" + frame["dialogue"].astype(str)
    frame["utterance_id"] = frame["dialogue_id"] + "_utt" + frame["number"].astype(str)
    frame["position"] = frame.groupby("dialogue").cumcount()
    frame["split"] = part.split
    return frame.drop(columns=["dialogue", "number"])


def _span_s(times: list[str]) -> float:
    """Seconds between two times such as 00:16:16,059; NaN where they are no span."""
    found = [_TIME.search(time) for time in times]
    seconds = [
        int(m[1]) * 3600 + int(m[2]) * 60 + int(m[3]) + float(f"0.{m[4]}") for m in found if m
    ]
    length = seconds[1] - seconds[0] if len(seconds) == 2 else np.nan
    return length if length > 0 else np.nan


def _size(part: Part, path: Path, frame: pd.DataFrame) -> list[str]:
    found = {"utterances": len(frame), "dialogues": frame["dialogue_id"].nunique()}
    expected = {"utterances": part.utterances, "dialogues": part.dialogues}
    return [
        f"{path.name}: {found[what]} {what}, expected {count}"
        for what, count in expected.items()
        if found[what] != count
    ]


def _attach_clips(root: Path, part: Part, frame: pd.DataFrame) -> list[str]:
    """Fill ``media``, ``start_s`` and ``end_s`` in place; notes on what is missing or odd."""
    frame[["media", "start_s", "end_s"]] = None, float("nan"), float("nan")
    folder = _find(root, part, part.clips)
    if folder is None or not folder.is_dir():
        return [f"{part.name}: no folder {part.clips}, so no utterance has audio or video"]
    sizes = {entry.name: entry.stat().st_size for entry in os.scandir(folder) if entry.is_file()}
    names = frame["utterance_id"].str.removeprefix(f"{part.name}_") + ".mp4"
    unusable = frame["utterance_id"].isin(UNUSABLE)
    usable = names.isin(set(sizes)) & ~unusable
    notes = _leave_mis_cut(folder, frame, names, names.map(sizes).where(usable), usable)
    frame["media"] = (folder.relative_to(root).as_posix() + "/" + names).where(usable, None)
    notes += [
        f"{utterance}: {UNUSABLE[utterance]}; its audio and video are missing"
        for utterance in frame.loc[unusable, "utterance_id"]
    ]
    absent = frame.loc[~names.isin(set(sizes)) & ~unusable, "utterance_id"].tolist()
    if absent:
        notes.append(f"{part.name}: {len(absent)} utterance(s) have no clip, first {absent[0]}")
    extra = sorted(set(sizes) - set(names))
    if extra:
        notes.append(
            f"{part.name}: {len(extra)} file(s) in {part.clips} belong to no utterance and are "
            f"ignored, first {extra[0]}"
        )
    return notes


def _leave_mis_cut(
    folder: Path,
    frame: pd.DataFrame,
    names: "pd.Series[str]",
    sizes: "pd.Series[int]",
    usable: "pd.Series[bool]",
) -> list[str]:
    """Mark clips that are far longer than their subtitle as not usable, in place; a note each.

    Only clips that are far too large for their subtitle are opened: all would take a minute.
    """
    rate = sizes / frame["span_s"]
    notes = []
    for row in frame.index[rate > SUSPICIOUS_TIMES * rate.median()]:
        length, span = look_at(folder / names[row]).seconds, frame["span_s"][row]
        if length is not None and length > max(MIS_CUT_S, MIS_CUT_TIMES * span):
            usable[row] = False
            notes.append(
                f"{frame['utterance_id'][row]}: its clip is cut wrongly, {length:.0f} s long, "
                f"but its subtitle is shown for {span:.1f} s; its audio and video are missing"
            )
    return notes
