"""The feature store: one HDF5 file a modality and encoder, one row an utterance.

Datasets: ``values`` float32 [N, D], ``utterance_id`` [N], ``status`` [N], ``message`` [N] and, where
the encoder names them, ``feature_names`` [D]. Attributes: ``corpus``, ``modality``, ``encoder``,
``encoder_version``, ``weights_sha256``, ``parameters`` (JSON), ``made_by`` (JSON: the libraries that
made the vectors and their releases) and ``fitted_on`` (the split whose labels the encoder has seen, or
``none``).

``values`` is one run of plain numbers, mapped into memory where it is read: compression saves a tenth
of a file of features and makes reading a dialogue some hundred times slower (docs/performance.md).
"""

import json
import mmap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.core.storage import create_h5, open_h5

FORMAT = 1
VALUES = np.dtype("<f4")


class Status(StrEnum):
    """What became of an utterance in one modality; only ``OK`` rows carry evidence."""

    OK = "ok"
    MISSING = "missing"  # the table has no media for it (or text)
    NO_FILE = "no file"  # the table names a file that is not there
    NO_STREAM = "no stream"  # the clip has no audio, or no video, track
    NO_FACE = "no face"  # no frame shows a face and the policy masks such clips
    TOO_SHORT = "too short"
    TOO_LONG = "too long"  # no utterance: most likely a whole recording without its span
    FAILED = "failed"  # the clip could not be decoded or encoded; see message


@dataclass(frozen=True)
class StoreHeader:
    """What a store says of itself."""

    corpus: str
    modality: str
    encoder: str
    encoder_version: str
    dimension: int
    weights_sha256: str = ""
    fitted_on: str = "none"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    feature_names: tuple[str, ...] = ()
    made_by: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rows:
    """Some rows of a store.

    Shapes: values float32 [n, D] (zeros where status is not ok); the others length n.
    """

    utterance_ids: Sequence[str]
    values: NDArray[np.float32]
    status: Sequence[Status]
    messages: Sequence[str]

    def __len__(self) -> int:
        return len(self.utterance_ids)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """True where the row carries evidence, [n]."""
        return np.array([s == Status.OK for s in self.status], dtype=bool)


def write_store(
    path: Path | str, header: StoreHeader, blocks: Iterable[Rows], count: int | None = None
) -> None:
    """Write a store block by block, in order; its bytes do not depend on how rows come in blocks.

    Args:
        path: the file.
        header: what it says of itself.
        blocks: its rows.
        count: how many rows they hold; where told, one block at a time is held.

    Raises:
        DataError: rows that do not fit the header, are not finite, or are not ``count``.
    """
    if count is None:
        blocks = list(blocks)
        count = sum(map(len, blocks))
    with create_h5(path) as file:
        _write_attributes(file, header)
        values = file.create_dataset("values", (count, header.dimension), VALUES)
        columns: dict[str, list[str]] = {"utterance_id": [], "status": [], "message": []}
        done = 0
        for rows in blocks:
            _check_rows(rows, header)
            if len(rows) and done + len(rows) <= count:
                values[done : done + len(rows)] = rows.values
            done += len(rows)
            columns["utterance_id"] += rows.utterance_ids
            columns["status"] += [str(s) for s in rows.status]
            columns["message"] += rows.messages
        if done != count:
            raise DataError(f"{path}: {done} rows arrived, but {count} were announced")
        text = h5py.string_dtype("utf-8")
        if header.feature_names:
            columns["feature_names"] = list(header.feature_names)
        for name, column in columns.items():
            file.create_dataset(name, (len(column),), text, data=column or None)


def _write_attributes(file: h5py.File, header: StoreHeader) -> None:
    file.attrs["format"] = FORMAT
    for key, value in asdict(header).items():
        if key in ("parameters", "made_by"):
            file.attrs[key] = json.dumps(value, sort_keys=True)
        elif key != "feature_names":
            file.attrs[key] = value


def _check_rows(rows: Rows, header: StoreHeader) -> None:
    expected = (len(rows), header.dimension)
    if rows.values.shape != expected:
        raise DataError(
            f"{header.modality}.{header.encoder}: values have shape {rows.values.shape}, "
            f"expected {expected}"
        )
    bad = rows.mask & ~np.isfinite(rows.values).all(axis=1)
    if bad.any():
        first = rows.utterance_ids[int(np.flatnonzero(bad)[0])]
        raise DataError(
            f"{header.modality}.{header.encoder}: NaN or infinite features in {int(bad.sum())} "
            f"row(s), first {first}; mark such rows with a status other than ok"
        )


class MappedRows:
    """Rows of numbers in a file that is mapped into memory; they cannot be written to.

    Args:
        path: the file.
        offset: where the first row starts, bytes.
        shape: N rows of D numbers.

    Shapes:
        values: float32 [N, D].
    """

    def __init__(self, path: Path, offset: int, shape: tuple[int, int]) -> None:
        with path.open("rb") as stream:
            self._file = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        self._given = path, offset, shape
        self._offset, self._row = offset, shape[1] * VALUES.itemsize
        flat = np.frombuffer(self._file, VALUES, shape[0] * shape[1], offset)
        self.values: NDArray[np.float32] = flat.reshape(shape)

    def __reduce__(self) -> tuple[type, tuple[Path, int, tuple[int, int]]]:
        """Another process maps the file for itself."""
        return MappedRows, self._given

    def expect(self, start: int, stop: int) -> None:
        """Let the system fetch rows ``start`` to ``stop`` (exclusive) while others are read.

        Untold, it fetches their surroundings too: of a large corpus's random dialogues, eight times as
        much as is needed (docs/scale.md).
        """
        first = self._offset + start * self._row
        page = first - first % mmap.PAGESIZE
        length = self._offset + stop * self._row - page
        if length:
            self._file.madvise(mmap.MADV_WILLNEED, page, length)


class FeatureStore:
    """A store opened for reading; rows are read on demand, and there is nothing to close.

    Args:
        path: the file.

    Raises:
        DataError: the file is damaged, or not a store.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        with open_h5(path, "a feature store") as file:
            self.header = _read_header(file)
            self.utterance_ids: list[str] = file["utterance_id"].asstr()[:].tolist()
            self.status = [Status(s) for s in file["status"].asstr()[:]]
            self.messages: list[str] = file["message"].asstr()[:].tolist()
            self.mapped = self._map(file["values"])

    def _map(self, values: h5py.Dataset) -> MappedRows:
        """The values where they lie in the file."""
        shape = (len(self), self.header.dimension)
        lengths = {len(self), len(self.status), len(self.messages)}
        if values.shape != shape or values.dtype != VALUES or len(lengths) > 1:
            raise ValueError(
                f"{values.dtype} {values.shape}, {len(self.status)} statuses and "
                f"{len(self.messages)} messages for {shape[0]} utterances of {shape[1]} numbers"
            )
        offset = values.id.get_offset() if values.size else 0
        if offset is None:
            raise ValueError("its values are not in one run")
        return MappedRows(self.path, offset, shape)

    @property
    def values(self) -> NDArray[np.float32]:
        """All rows, [N, D]: what is read of them is read from the file."""
        return self.mapped.values

    def __len__(self) -> int:
        return len(self.utterance_ids)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """True where the row carries evidence, [N]."""
        return np.array([s == Status.OK for s in self.status], dtype=bool)

    def read(self, start: int = 0, stop: int | None = None) -> Rows:
        """Rows ``start`` to ``stop`` (exclusive; all by default), as they were checked when written."""
        part = slice(start, len(self) if stop is None else stop)
        values = np.array(self.values[part])
        return Rows(self.utterance_ids[part], values, self.status[part], self.messages[part])

    def blocks(self, rows: int = 4096) -> Iterator[Rows]:
        """All rows, at most ``rows`` at a time."""
        for start in range(0, len(self), rows):
            yield self.read(start, min(start + rows, len(self)))

    def columns(self, width: int = 256) -> Iterator[NDArray[np.float32]]:
        """All columns, at most ``width`` at a time, float32 [N, width]."""
        for start in range(0, self.header.dimension, width):
            yield np.array(self.values[:, start : start + width])

    def broken(self, rows: int = 4096) -> list[int]:
        """Rows that hold a NaN or an infinity; at most ``rows`` are looked at at a time."""
        return [
            start + int(row)
            for start in range(0, len(self), rows)
            for row in np.flatnonzero(~np.isfinite(self.values[start : start + rows]).all(axis=1))
        ]


def _read_header(file: h5py.File) -> StoreHeader:
    names = file["feature_names"].asstr()[:].tolist() if "feature_names" in file else ()
    attrs = file.attrs
    if attrs["format"] != FORMAT:
        raise ValueError(f"format {attrs['format']}, this version reads {FORMAT}")
    return StoreHeader(
        corpus=str(attrs["corpus"]),
        modality=str(attrs["modality"]),
        encoder=str(attrs["encoder"]),
        encoder_version=str(attrs["encoder_version"]),
        dimension=int(attrs["dimension"]),
        weights_sha256=str(attrs["weights_sha256"]),
        fitted_on=str(attrs["fitted_on"]),
        parameters=json.loads(attrs["parameters"]),
        feature_names=tuple(names),
        made_by=json.loads(attrs["made_by"]),
    )
