"""The formats that stages hand to each other, written with a seal and read behind it.

Every file that a later stage reads goes through here (a test holds that), so that none is believed
unseen and whatever a library says of a file that is none of its kind becomes one sentence.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from ariigcn.core.errors import DataError
from ariigcn.core.seals import BLANK, sealed_path, verify

if TYPE_CHECKING:
    import h5py

SEAL = "seal"  # its key in JSON, in a parquet file's footer and in a safetensors header
HEAD = "ariigcn"  # the key of a table's head, JSON, beside it
USER_BLOCK = 512  # bytes before an HDF5 file's own, the smallest there is


@contextmanager
def create_h5(path: Path | str) -> "Iterator[h5py.File]":
    """A new HDF5 file, whole or absent, its seal in the user block."""
    import h5py

    with sealed_path(path) as temporary:
        with h5py.File(temporary, "w", userblock_size=USER_BLOCK) as file:
            yield file
        with temporary.open("r+b") as stream:
            stream.write(BLANK + b"\n")


@contextmanager
def open_h5(path: Path | str, what: str) -> "Iterator[h5py.File]":
    """An HDF5 file of an earlier stage, opened for reading.

    Args:
        path: the file.
        what: what it should be, such as ``a graph file``.

    Raises:
        DataError: it is damaged, or what is read within the block is not in it.
    """
    import h5py

    verify(path)
    with _in_words(path, what), h5py.File(path, "r") as file:
        yield file


def table_of(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """A table of rows; a column that some of them lack is null there."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def write_table(table: pa.Table, head: Mapping[str, Any], path: Path | str) -> None:
    """Write a table as parquet, its head and its seal in the footer."""
    table = table.replace_schema_metadata({HEAD: json.dumps(head)})
    with sealed_path(path) as temporary, pq.ParquetWriter(temporary, table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({SEAL: BLANK.decode()})


def read_table(path: Path | str, what: str) -> tuple[pa.Table, dict[str, Any]]:
    """A table of an earlier stage and its head; errors as :func:`open_h5`."""
    verify(path)
    with _in_words(path, what):
        table = pq.read_table(path)
        head: dict[str, Any] = json.loads(table.schema.metadata[HEAD.encode()])
        return table.replace_schema_metadata(None), head


def write_json(value: Mapping[str, Any], path: Path | str, indent: int = 1) -> None:
    """Write a mapping as JSON with its seal as the last key; numbers are finite or null."""
    with sealed_path(path) as temporary:
        text = json.dumps(
            {**value, SEAL: BLANK.decode()}, indent=indent, ensure_ascii=False, allow_nan=False
        )
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path | str, what: str) -> dict[str, Any]:
    """A mapping of an earlier stage; errors as :func:`open_h5`."""
    path = verify(path)
    with _in_words(path, what):
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        value.pop(SEAL, None)
        return value


@contextmanager
def _in_words(path: Path | str, what: str) -> Iterator[None]:
    """What a library says of a file that is not what it should be, as one sentence."""
    try:
        yield
    except (
        pa.ArrowException, OSError, KeyError, ValueError, TypeError, AttributeError, RecursionError,
    ) as error:  # fmt: skip
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path}: not {what} ({said}); remove it and run again") from error
