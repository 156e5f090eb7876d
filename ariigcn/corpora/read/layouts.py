"""The layouts of the field's feature files: their fields in order, and which layout a file has.

Each file is a tuple of dictionaries by dialogue; its values decide which layout it has. Where no layout
fits, the error names the nearest one and the first field that does not fit.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ariigcn.core.errors import DataError
from ariigcn.corpora.table import SPLITS

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
LEAST_WIDTH = 16  # of a feature vector: one-hot speakers are narrower
_VECTORS = f"a vector of at least {LEAST_WIDTH} numbers"
_EXPECTED = {
    "ids": "text",
    "sentences": "text",
    "labels": "a whole number",
    "sentiments": "a whole number",
    "speakers": f"text or fewer than {LEAST_WIDTH} numbers",
}


def find_layout(data: Any) -> tuple[str, list[Any]]:
    """The name of a file's layout, and its fields' values in order.

    Raises:
        DataError: no layout fits; the nearest one, and what does not fit, are named.
    """
    if not isinstance(data, tuple | list):
        raise DataError(
            f"none of the known layouts: expected a tuple of fields, found {_kind(data)} "
            "(docs/corpora.md lists the fields)"
        )
    values = list(data)
    misfits = {name: _misfits(fields, values) for name, fields in LAYOUTS.items()}
    nearest = min(misfits, key=lambda name: len(misfits[name]))
    if misfits[nearest]:
        raise DataError(
            f"none of the known layouts; nearest is '{nearest}' with {len(LAYOUTS[nearest])} fields "
            f"({', '.join(LAYOUTS[nearest])}), the file has {len(values)}: {misfits[nearest][0]} "
            "(docs/corpora.md lists the fields)"
        )
    return nearest, values


def _misfits(fields: Sequence[str], values: Sequence[Any]) -> list[str]:
    """What of a file does not fit a layout, a line a field."""
    found = [
        f"field {number}, {name}: {trouble}"
        for number, (name, value) in enumerate(zip(fields, values, strict=False), 1)
        if (trouble := _misfit(name, value))
    ]
    found += [f"field {n}, {fields[n - 1]}, is absent" for n in _range(values, fields)]
    return found + [f"field {n} is one too many" for n in _range(fields, values)]


def _range(shorter: Sequence[Any], longer: Sequence[Any]) -> range:
    return range(len(shorter) + 1, len(longer) + 1)


def _misfit(name: str, value: Any) -> str | None:
    """Why a value cannot be the field, told by its first dialogue; None: it can."""
    if name == "-":
        return None
    if name in SPLITS:
        fits = is_list(value) or isinstance(value, set | frozenset)
        return None if fits else f"expected a list of dialogues, found {_kind(value)}"
    if not isinstance(value, dict) or not value:
        return f"expected a dictionary by dialogue, found {_kind(value)}"
    dialogue, rows = next(iter(value.items()))
    if not is_list(rows) or not len(rows):
        return f"dialogue {dialogue}: expected a list of its utterances, found {_kind(rows)}"
    if not _could_be(name, rows[0]):
        expected = _EXPECTED.get(name, _VECTORS)
        return f"dialogue {dialogue}: each utterance needs {expected}, found {_kind(rows[0])}"
    return None


def is_list(value: Any) -> bool:
    """Whether a value has a length and an order."""
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _could_be(name: str, first: Any) -> bool:
    text = isinstance(first, str)
    width = 0 if text else _numbers(first)
    whole = width == 1 and np.asarray(first).dtype.kind in "iu"
    fits = {"ids": text, "sentences": text, "speakers": text or 0 < width < LEAST_WIDTH}
    fits |= {"labels": whole, "sentiments": whole}
    return fits.get(name, width >= LEAST_WIDTH)


def _numbers(value: Any) -> int:
    """How many numbers a value holds; 0: it holds something else."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return 0
    return array.size if array.dtype.kind in "biuf" else 0


def _kind(value: Any) -> str:
    """A value in a few words, as it stands in a message."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict | set | frozenset) or (is_list(value) and not _numbers(value)):
        return f"{type(value).__name__} of {len(value)}"
    numbers = _numbers(value)
    if numbers > 1:
        return f"{numbers} numbers"
    return f"{value!r:.40}" if numbers else type(value).__name__
