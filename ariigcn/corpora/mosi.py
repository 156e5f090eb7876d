"""CMU-MOSI as published with bc-LSTM (Poria et al., ACL 2017): features, no media.

Files, none with a header; ``{part}`` is ``train`` or ``test``:

- ``transcripts.csv``: id ``VIDEO_N``, text, the video's number, label (1 = positive);
- ``text_{part}.csv``: row in ``transcripts.csv`` (from 0), then 100 features;
- ``{text,audio,video}_{part}0.csv``: 100, 73 or 100 features, then the label.

Row i is the same utterance in all files of a part. Positive utterances stand before negative ones,
so that equal labels prove little. That the index of ``text_{part}.csv`` holds for audio and video
too was checked by features: nearest neighbours share a video far more often (training split: audio
.94, video .38) than in the order of ``transcripts.csv`` (.43, .25) or by chance (.02), and
utterances N and N + 1 are closer than with N sorted as a number.
"""

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.corpora.config import MosiConfig, SplitConfig
from ariigcn.corpora.read.text_tables import clean_text, read_numbers, read_rows
from ariigcn.corpora.splits import cut_validation
from ariigcn.corpora.table import Corpus

VERSION = "published with bc-LSTM"
LABELS = ("negative", "positive")
DIMENSIONS = {"text": 100, "audio": 73, "video": 100}
UTTERANCES = {"train": 1447, "test": 752}
VIDEOS = {"train": 62, "test": 31}
# Logistic regression, cross-validated by video within the training split against the test split:
# text .98 / .76, audio .50 / .56, video .92 / .51. Text and video features have seen the labels.
FITTED_ON = {"text": "train", "audio": "none", "video": "train"}


@dataclass(frozen=True)
class Utterance:
    """One line of ``transcripts.csv``; ``number`` is its place in the video, from 1."""

    video: str
    number: int
    text: str
    label: int

    @property
    def id(self) -> str:
        """``VIDEO_N``, as published."""
        return f"{self.video}_{self.number}"


def load(root: Path, split: SplitConfig, options: MosiConfig | None = None) -> Corpus:
    """Read MOSI: a dialogue is a video, its only speaker the video's.

    A validation split is cut only where ``options`` asks for it: on features that have seen the
    training labels it measures nothing, and training runs for a fixed number of epochs.

    Raises:
        DataError: a file is absent or damaged, the files disagree, or sizes are not the published.
    """
    utterances = _transcripts(root)
    parts = {part: row_order(root, part, utterances) for part in UTTERANCES}
    _check_sizes(parts)
    for modality in DIMENSIONS:
        for part, order in parts.items():
            _values(root, modality, part, order)
    rows = [
        (part, u.video, position, u)
        for part, order in parts.items()
        for _, video in groupby(
            sorted(order, key=lambda u: (u.video, u.number)), key=lambda u: u.video
        )
        for position, u in enumerate(video)
    ]
    frame = _frame(rows)
    note = (
        "text and video features were trained on the labels of the training split: with them "
        "a validation split would be useless, so there is none and the number of epochs is fixed"
    )
    cut = options is not None and options.validation
    notes = (note, cut_validation(frame, split)) if cut else (note,)
    files = ["transcripts.csv", *(f"text_{part}.csv" for part in UTTERANCES)]
    files += [name for modality in DIMENSIONS for name in feature_files(modality)]
    return Corpus(
        name="mosi",
        version=VERSION,
        labels=LABELS,
        licence="feature files: MIT (bc-LSTM's repository); videos: not included, their owners'",
        sources={name: sha256_file(root / name) for name in files},
        utterances=frame,
        notes=notes,
        extra={"features": {m: _told(m) for m in DIMENSIONS}},
    )


def _told(modality: str) -> str:
    seen = FITTED_ON[modality] == "train"
    what = "the training labels" if seen else "no label"
    return f"{DIMENSIONS[modality]} numbers; their encoder has seen {what}"


def feature_files(modality: str) -> list[str]:
    """Names of the files that hold a modality's features."""
    return [f"{modality}_{part}0.csv" for part in UTTERANCES]


def read_features(root: Path, modality: str) -> tuple[list[str], NDArray[np.float32]]:
    """Utterance ids and features [2199, D] of a modality, training rows first, as published.

    Raises:
        DataError: a file is absent or damaged, or the files disagree.
    """
    utterances = _transcripts(root)
    ids, blocks = [], []
    for part in UTTERANCES:
        order = row_order(root, part, utterances)
        ids += [u.id for u in order]
        blocks.append(_values(root, modality, part, order))
    return ids, np.concatenate(blocks).astype(np.float32)


def row_order(root: Path, part: str, utterances: list[Utterance]) -> list[Utterance]:
    """The utterance of each row of a part's files.

    Raises:
        DataError: an index is impossible or used twice, or ``text_{part}0.csv`` has other features.
    """
    path, width = root / f"text_{part}.csv", DIMENSIONS["text"] + 1
    indexed = read_numbers(path, width)
    index = indexed[:, 0]
    bad = (index % 1 != 0) | (index < 0) | (index >= len(utterances))
    bad |= pd.Series(index).duplicated().to_numpy()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{path}, row {row + 1}: {index[row]:g} is used twice or is not a row of "
            f"transcripts.csv, which has {len(utterances)}"
        )
    other = root / f"text_{part}0.csv"
    labelled = read_numbers(other, width)
    if len(labelled) != len(indexed):
        raise DataError(f"{path} has {len(indexed)} rows, {other.name} {len(labelled)}")
    differs = ~np.isclose(indexed[:, 1:], labelled[:, :-1], rtol=1e-5, atol=1e-9).all(axis=1)
    if differs.any():
        row = int(np.flatnonzero(differs)[0])
        raise DataError(f"{path}, row {row + 1}: its features differ from those of {other.name}")
    return [utterances[int(i)] for i in index]


def _transcripts(root: Path) -> list[Utterance]:
    path = root / "transcripts.csv"
    found = []
    for line, (name, text, _, label) in read_rows(path, 4):
        match = re.fullmatch(r"(.+)_(\d+)", name, re.ASCII)
        if not match or label not in ("0", "1"):
            raise DataError(
                f"{path}, line {line}: id '{name}' must be VIDEO_N and label '{label}' 0 or 1"
            )
        found.append(Utterance(match[1], int(match[2]), clean_text(text), int(label)))
    return found


def _values(root: Path, modality: str, part: str, order: list[Utterance]) -> NDArray[np.float64]:
    """A modality's features, [rows, D], once count and labels agree with the transcripts."""
    path = root / f"{modality}_{part}0.csv"
    numbers = read_numbers(path, DIMENSIONS[modality] + 1)
    if len(numbers) != len(order):
        raise DataError(f"{path} has {len(numbers)} rows, text_{part}.csv {len(order)}")
    differs = np.flatnonzero(numbers[:, -1] != [u.label for u in order])
    if len(differs):
        row = int(differs[0])
        raise DataError(
            f"{path}, row {row + 1}: label {numbers[row, -1]:g}, but transcripts.csv has "
            f"{order[row].label} for {order[row].id} ({len(differs)} such row(s))"
        )
    return numbers[:, :-1]


def _check_sizes(parts: dict[str, list[Utterance]]) -> None:
    problems = []
    for part, order in parts.items():
        videos = len({u.video for u in order})
        if (len(order), videos) != (UTTERANCES[part], VIDEOS[part]):
            problems.append(
                f"{part}: {len(order)} utterances in {videos} videos, expected "
                f"{UTTERANCES[part]} in {VIDEOS[part]}"
            )
    if problems:
        raise DataError(problem_list("mosi: the files are not the published ones", problems))


def _frame(rows: list[tuple[str, str, int, Utterance]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "dialogue_id": [video for _, video, _, _ in rows],
            "utterance_id": [u.id for *_, u in rows],
            "position": [position for _, _, position, _ in rows],
            "speaker": [video for _, video, _, _ in rows],
            "text": [u.text for *_, u in rows],
            "emotion": [LABELS[u.label] for *_, u in rows],
            "split": [part for part, *_ in rows],
            "media": None,
            "start_s": float("nan"),
            "end_s": float("nan"),
        }
    )
