"""A feature file of the field's papers, read: its fields by dialogue, its features, what is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.core.paths import file_trouble
from ariigcn.corpora.read.layouts import LAYOUTS, MODALITY_FIELDS, find_layout
from ariigcn.corpora.read.pickles.load import load_pickle
from ariigcn.corpora.table import SPLITS

# Modality and width -> what the papers say of the encoder: DialogueRNN's and MELD's text CNNs and
# COSMIC's RoBERTa were trained on the emotions of the training split, and MELD's audio was selected by
# them; openSMILE and the face network were not.
SEEN = {
    ("text", 100): "train",
    ("text", 600): "train",
    ("text", 1024): "train",
    ("audio", 300): "train",
    ("audio", 1582): "none",
    ("video", 342): "none",
}
ENDINGS = (".pkl", ".pickle")


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
                    f"dialogue {dialogue}: its {modality} is not a matrix ({error})"
                ) from None
        return found


def find_file(root: Path, name: str | None) -> Path:
    """The named pickle of a folder, which may lie one level below, or the folder's only one.

    Raises:
        DataError: there is no such file or, where none is named, not exactly one.
    """
    if name is not None:
        path = root / name
        inside = path.resolve().is_relative_to(root.resolve())
        if not inside or not path.name.lower().endswith(ENDINGS) or len(Path(name).parts) > 2:
            raise DataError(
                f"published: {root} has no file {name} (a .pkl in it, or one folder below)"
            )
        if trouble := file_trouble(path):
            raise DataError(f"published: {root} has no file {name} ({trouble})")
        return path
    found = sorted(
        p
        for p in root.iterdir()
        if p.name.lower().endswith(ENDINGS) and p.name[0] != "." and not file_trouble(p)
    )
    if len(found) != 1:
        what = ", ".join(path.name for path in found) or "none"
        raise DataError(
            f"published: {root}: expected one .pkl, found {what}; set published.file to its name"
        )
    return found[0]


def read_published(path: Path) -> PublishedFile:
    """Read a file of any known layout.

    Raises:
        DataError: see :func:`~ariigcn.corpora.read.pickles.load.load_pickle`; or no known layout fits.
    """
    data = load_pickle(path)
    try:
        layout, values = find_layout(data)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    named = dict(zip(LAYOUTS[layout], values, strict=True))
    keys = list(named["labels"])
    if len(set(map(_dialogue, keys))) < len(keys):
        raise DataError(f"{path}: two of its dialogues have the same name")
    corpus = "iemocap" if any(str(key).startswith("Ses") for key in keys) else "meld"
    fields = {
        name: {_dialogue(key): value[key] for key in keys if key in value}
        for name, value in named.items()
        if isinstance(value, dict) and name != "-"
    }
    splits: dict[str, frozenset[str]] = {
        name: frozenset(map(_dialogue, named[name])) for name in SPLITS if name in named
    }
    return PublishedFile(layout, corpus, fields, splits)


def tells_nothing(values: NDArray[np.float32]) -> str | None:
    """Why vectors [n, D] cannot tell utterances apart, in words; None: they can."""
    if len(values) < 2 or (values != values[0]).any():
        return None
    what = "all zeros" if not values.any() else "the same in every row"
    return f"its {len(values):,} vectors are {what}: they carry no information"


def contents(file: PublishedFile) -> tuple[dict[str, str], dict[str, str]]:
    """What the file holds by modality, in words; and of which of it nothing can be made, and why."""
    told, unusable = {}, {}
    for modality, names in MODALITY_FIELDS.items():
        layers = sum(name in file.fields for name in names)
        if not layers:
            continue
        try:
            vectors = list(file.features(modality).values())
            values = np.concatenate(vectors)
        except (DataError, ValueError) as error:
            unusable[modality] = str(error)
            continue
        if trouble := tells_nothing(values):
            unusable[modality] = trouble
        seen = SEEN.get((modality, values.shape[1]))
        said = {
            "train": "their encoder has seen the training labels",
            "none": "their encoder has seen no label",
            None: "whether their encoder has seen the training labels is not known: "
            f"features.{modality}.parameters.fitted_on must say so",
        }[seen]
        layered = f" in each of {layers} layers" if layers > 1 else ""
        told[modality] = f"{values.shape[1]:,} numbers{layered}; {said}"
    return told, unusable


def _dialogue(key: Any) -> str:
    """A dialogue's id: MELD's are bare numbers."""
    return f"dia{key}" if str(key).isdigit() else str(key)


def _natural(name: str) -> tuple[str, int]:
    number = name.removeprefix("dia")
    return ("dia", int(number)) if number.isdigit() else (name, 0)
