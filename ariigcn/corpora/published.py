"""Feature files of the field's papers: table and features of IEMOCAP or MELD in one pickle.

Known are the files of MMGCN, M3NET, SDT and DialogueGCN (with ids, several modalities) and COSMIC's
(RoBERTa, four layers). Each is a tuple of dictionaries by dialogue; :data:`LAYOUTS` has their order,
and a file's own values decide which one it is. The files hold numbers for labels: their order is the
lineage's, and where a file is as large as the corpus its counts must bear it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.corpora.config import PublishedConfig, SplitConfig
from ariigcn.corpora.safe_pickle import load_pickle
from ariigcn.corpora.source import clean_text
from ariigcn.corpora.splits import cut_validation, listed
from ariigcn.corpora.table import Corpus

_HEAD = ("ids", "speakers", "labels", "text")
_LAYERS = ("text", "text2", "text3", "text4")
LAYOUTS: dict[str, tuple[str, ...]] = {
    "MMGCN, IEMOCAP": (*_HEAD, "audio", "video", "sentences", "train", "test"),
    "MMGCN, MELD": (*_HEAD, "audio", "video", "sentences", "train", "test", "-"),
    "M3NET and SDT, IEMOCAP": (
        *("ids", "speakers", "labels", *_LAYERS),
        *("audio", "video", "sentences", "train", "test"),
    ),
    "M3NET and SDT, MELD": (
        *("ids", "speakers", "labels", *_LAYERS),
        *("audio", "video", "sentences", "train", "test", "-"),
    ),
    "DialogueGCN, MELD": (*_HEAD, "audio", "sentences", "train", "test", "-"),
    "COSMIC, IEMOCAP": (
        *("speakers", "labels", *_LAYERS),
        *("sentences", "train", "test", "validation"),
    ),
    "COSMIC, MELD": (
        *("speakers", "labels", "sentiments", *_LAYERS),
        *("sentences", "train", "test", "validation"),
    ),
}
MODALITY_FIELDS = {"text": _LAYERS, "audio": ("audio",), "video": ("video",)}
# The lineage's label numbers, and how often each occurs in the whole corpus.
LABELS = {
    "iemocap": {
        "happy": 648,
        "sad": 1084,
        "neutral": 1708,
        "angry": 1103,
        "excited": 1041,
        "frustrated": 1849,
    },
    "meld": {
        "neutral": 6436,
        "surprise": 1636,
        "fear": 358,
        "sadness": 1002,
        "joy": 2308,
        "disgust": 361,
        "anger": 1607,
    },
}
LEAST_WIDTH = 16  # of a feature vector: one-hot speakers are narrower


@dataclass(frozen=True)
class PublishedFile:
    """A file's fields by name; those by dialogue map the dialogue's id to its utterances' values."""

    layout: str
    corpus: str
    fields: Mapping[str, Mapping[str, Sequence[Any]]]
    splits: Mapping[str, frozenset[str]]

    @property
    def dialogues(self) -> list[str]:
        """Every dialogue's id, in order: numbers as numbers."""
        return sorted(self.fields["labels"], key=_natural)

    def features(self, modality: str, layer: str = "mean") -> dict[str, NDArray[np.float32]]:
        """A modality's vectors by dialogue, [utterances, D]; of several layers one, or their mean.

        Raises:
            DataError: the file has no such modality or layer, or rows of unequal length.
        """
        names = [name for name in MODALITY_FIELDS[modality] if name in self.fields]
        if layer != "mean" and modality == "text":
            names = names[int(layer) - 1 : int(layer)]
        if not names:
            what = f"{modality} features" + ("" if layer == "mean" else f" of layer {layer}")
            raise DataError(f"the file ({self.layout}) holds no {what}")
        found = {}
        for dialogue in self.dialogues:
            try:
                layers = [np.asarray(self.fields[n][dialogue], np.float32) for n in names]
                found[dialogue] = np.asarray(np.mean(layers, axis=0), np.float32)
                if found[dialogue].ndim != 2:
                    raise ValueError(f"shape {found[dialogue].shape}")
            except (ValueError, TypeError) as error:
                raise DataError(
                    f"dialogue {dialogue}: its {modality} is no matrix ({error})"
                ) from None
        return found


def load(root: Path, split: SplitConfig, options: PublishedConfig | None = None) -> Corpus:
    """Read the table out of a published file; ``split`` cuts validation where the file has none.

    Raises:
        DataError: no file or several, another structure than the known ones, or fields that disagree.
    """
    options = options or PublishedConfig()
    path = find_file(root, options.file)
    published = read_published(path)
    frame, notes = _frame(published, path)
    names = options.labels or tuple(LABELS[published.corpus])
    numbers = frame.pop("label")
    _check_labels(path, numbers, names, published.corpus, given=options.labels is not None)
    frame["emotion"] = [names[number] for number in numbers]
    if "validation" not in set(frame["split"]):
        notes.append(cut_validation(frame, split))
    return Corpus(
        name="published",
        version=f"{published.layout} ({published.corpus})",
        labels=tuple(names),
        licence=f"{published.corpus}'s own; the file's is its publisher's",
        sources={path.name: sha256_file(path)},
        utterances=frame,
        notes=tuple(notes),
        extra={"layout": published.layout, "corpus": published.corpus},
    )


def find_file(root: Path, name: str | None) -> Path:
    """The named pickle of a folder, or its only one."""
    if name is not None:
        path = root / name
        if not path.resolve().is_relative_to(root.resolve()) or not path.is_file():
            raise DataError(f"published: {root} has no file {name}")
        return path
    found = sorted(
        p for p in root.iterdir() if p.suffix in (".pkl", ".pickle") and p.name[0] != "."
    )
    if len(found) != 1:
        what = ", ".join(path.name for path in found) or "none"
        raise DataError(
            f"published: {root}: one .pkl is due, found {what}; name it: published.file"
        )
    return found[0]


def read_published(path: Path) -> PublishedFile:
    """Read a file of any known layout.

    Raises:
        DataError: see :func:`~ariigcn.corpora.safe_pickle.load_pickle`; or no known layout fits.
    """
    data = load_pickle(path)
    values = list(data) if isinstance(data, (tuple, list)) else []
    layout = next((n for n, fields in LAYOUTS.items() if _fits(fields, values)), None)
    if layout is None:
        told = ", ".join(type(value).__name__ for value in values[:15]) or type(data).__name__
        raise DataError(
            f"{path}: none of the known structures ({'; '.join(LAYOUTS)}); it holds "
            f"{len(values)} fields: {told}"
        )
    named = dict(zip(LAYOUTS[layout], values, strict=True))
    keys = list(named["labels"])
    corpus = "iemocap" if any(str(key).startswith("Ses") for key in keys) else "meld"
    fields = {
        name: {_dialogue(key): value[key] for key in keys if key in value}
        for name, value in named.items()
        if isinstance(value, dict) and name != "-"
    }
    splits: dict[str, frozenset[str]] = {
        name: frozenset(map(_dialogue, named[name]))
        for name in ("train", "validation", "test")
        if name in named
    }
    return PublishedFile(layout, corpus, fields, splits)


def _dialogue(key: Any) -> str:
    """A dialogue's id: MELD's are bare numbers."""
    return f"dia{key}" if str(key).isdigit() else str(key)


def _natural(name: str) -> tuple[str, int]:
    number = name.removeprefix("dia")
    return ("dia", int(number)) if number.isdigit() else (name, 0)


def _fits(fields: tuple[str, ...], values: list[Any]) -> bool:
    return len(fields) == len(values) and all(map(_is_field, fields, values))


def _is_field(name: str, value: Any) -> bool:
    """Whether a value could be the field, told by its first dialogue."""
    if name in ("train", "test", "validation"):
        return isinstance(value, (list, tuple, set, frozenset, np.ndarray))
    if name == "-":
        return True
    if not isinstance(value, dict) or not value:
        return False
    first = next(iter(value.values()))
    if not isinstance(first, (list, tuple, np.ndarray)) or not len(first):
        return False
    text = isinstance(first[0], str)
    width = 0 if text else np.size(first[0])
    number = width == 1 and np.asarray(first[0]).dtype.kind in "iu"
    due = {"labels": number, "sentiments": number, "ids": text, "sentences": text}
    due["speakers"] = width < LEAST_WIDTH
    return bool(due.get(name, width >= LEAST_WIDTH))


def _frame(published: PublishedFile, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """The utterances in order, their labels as numbers; dialogues of no split are left out."""
    problems, notes, rows, left = [], [], [], []
    for dialogue in published.dialogues:
        mine = {name: field.get(dialogue) for name, field in published.fields.items()}
        count = len(mine["labels"] or ())
        sizes = {name: -1 if value is None else len(value) for name, value in mine.items()}
        problems += [
            f"dialogue {dialogue}: {size} {name} for {count} labels"
            for name, size in sizes.items()
            if size != count
        ]
        splits = [name for name, members in published.splits.items() if dialogue in members]
        if len(splits) > 1:
            problems.append(f"dialogue {dialogue}: stands in {' and '.join(splits)}")
        if not splits:
            left.append(dialogue)
        elif not problems:
            rows += [_row(dialogue, i, mine, splits[0]) for i in range(count)]
    if problems:
        raise DataError(problem_list(f"{path}: its fields disagree", problems))
    if left:
        notes.append(f"{len(left)} dialogue(s) in no split are left out: {listed(left)}")
    frame = pd.DataFrame(rows)
    if frame.empty:
        raise DataError(f"{path}: no dialogue is in any split")
    frame[["media", "start_s", "end_s"]] = None, np.nan, np.nan
    return frame, notes


def _row(dialogue: str, position: int, fields: Mapping[str, Any], split: str) -> dict[str, Any]:
    given = fields["ids"][position] if "ids" in fields else ""
    # MELD's files count from 0 in every dialogue; IEMOCAP's ids name their dialogue.
    whole = str(given).startswith(f"{dialogue}_")
    return {
        "dialogue_id": dialogue,
        "utterance_id": str(given) if whole else f"{dialogue}_utt{position}",
        "position": position,
        "speaker": _speaker(dialogue, fields["speakers"][position]),
        "text": clean_text(str(fields["sentences"][position])) or None,
        "label": int(np.asarray(fields["labels"][position]).item()),
        "split": split,
    }


def _speaker(dialogue: str, value: Any) -> str:
    """IEMOCAP: session and letter, an actor. MELD: the place of the one in a one-hot vector."""
    if isinstance(value, str):
        return f"{dialogue[:5]}_{value}" if dialogue.startswith("Ses") else value
    hot = np.atleast_1d(np.asarray(value))
    number = int(hot.argmax()) if hot.size > 1 else int(hot[0])
    if dialogue.startswith("Ses") and hot.size == 2:
        return f"{dialogue[:5]}_{'MF'[number]}"
    return f"speaker-{number}"


def _check_labels(
    path: Path, numbers: "pd.Series[int]", names: Sequence[str], corpus: str, given: bool
) -> None:
    if numbers.min() < 0 or numbers.max() >= len(names):
        raise DataError(
            f"{path}: labels are numbered {numbers.min()} to {numbers.max()}, names are known for 0 "
            f"to {len(names) - 1}; name them in order: published.labels"
        )
    known = LABELS[corpus]
    if given or len(numbers) != sum(known.values()):
        return
    counts = numbers.value_counts().reindex(range(len(names)), fill_value=0).tolist()
    if counts != list(known.values()):
        raise DataError(
            f"{path}: of {corpus}'s labels {dict(known)} are due, found {counts} in the order of "
            "their numbers; the file numbers them otherwise: name them in order: published.labels"
        )
