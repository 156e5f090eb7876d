"""What was read of a corpus's clips, in one file: decoded once, learned from by every fold.

Datasets: ``values``, what was read of all rows in one run of plain numbers (float32 sound, uint8 crops);
``start`` int64 [N + 1], where each row's begin; ``utterance_id``, ``status``, ``message`` [N].
Attributes: ``shape``, what an entry along a row's first dimension is shaped like (JSON), and ``facts``.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.core.seals import BLANK
from ariigcn.core.storage import create_h5, open_h5
from ariigcn.corpora.table import Corpus
from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.store import Rows, Status


@dataclass(frozen=True)
class Part:
    """Some rows, each with what was read of it or None."""

    utterance_ids: Sequence[str]
    read: Sequence[NDArray[Any] | None]
    status: Sequence[Status]
    messages: Sequence[str]

    @classmethod
    def of(cls, clips: Sequence[Clip], results: Sequence[Encoded]) -> "Part":
        """The decoder's results of some clips."""
        return cls(
            [clip.utterance_id for clip in clips],
            [result.values for result in results],
            [result.status for result in results],
            [result.message for result in results],
        )

    @property
    def rows(self) -> Rows:
        """The rows without what was read."""
        nothing = np.zeros((len(self.status), 0), np.float32)
        return Rows(self.utterance_ids, nothing, self.status, self.messages)


def write_decoded(
    path: Path, facts: Mapping[str, Any], parts: Iterable[Part], entries: int, like: NDArray[Any]
) -> None:
    """Write a file, a part at a time.

    Args:
        path: the file.
        facts: what decided what was read, plain.
        parts: in the table's order.
        entries: how many all rows have along their first dimension.
        like: what was read of some row: the type and the other dimensions of all.
    """
    text, shape = h5py.string_dtype("utf-8"), like.shape[1:]
    with create_h5(path) as file:
        file.attrs["shape"], file.attrs["facts"] = json.dumps(shape), json.dumps(facts)
        values = file.create_dataset("values", (entries, *shape), like.dtype)
        columns: dict[str, list[str]] = {"utterance_id": [], "status": [], "message": []}
        start = [0]
        for part in parts:
            for read in part.read:
                end = start[-1] + (0 if read is None else len(read))
                if read is not None and len(read):
                    values[start[-1] : end] = read
                start.append(end)
            columns["utterance_id"] += part.utterance_ids
            columns["status"] += [str(status) for status in part.status]
            columns["message"] += part.messages
        for name, column in columns.items():
            file.create_dataset(name, (len(column),), text, data=column or None)
        file.create_dataset("start", data=np.array(start, np.int64))


class Decoded:
    """A file of :func:`write_decoded`, mapped: the :class:`~ariigcn.finetune.inputs.Reads` of media.

    Args:
        path: the file.

    Raises:
        DataError: it is damaged, or no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with open_h5(path, "a file of decoded clips") as file:
            self.facts: dict[str, Any] = json.loads(file.attrs["facts"])
            self.utterance_ids: list[str] = file["utterance_id"].asstr()[:].tolist()
            self.status = [Status(s) for s in file["status"].asstr()[:]]
            self.messages: list[str] = file["message"].asstr()[:].tolist()
            self._start = file["start"][:].tolist()
            values = file["values"]
            offset, kind = values.id.get_offset(), values.dtype
            self.like = np.zeros((0, *values.shape[1:]), kind)
            self._values = self.like
            if len(values):
                self._values = np.memmap(path, kind, "c", offset, values.shape).view(np.ndarray)

    def __getitem__(self, row: int) -> NDArray[Any]:
        return self._values[self._start[row] : self._start[row + 1]]

    @property
    def entries(self) -> int:
        """How many all rows have along their first dimension."""
        return len(self._values)

    @property
    def seal(self) -> str:
        """The checksum over the file's bytes, which has been verified."""
        with self.path.open("rb") as stream:
            return stream.read(len(BLANK)).decode()

    def part(self) -> Part:
        """All of it."""
        ok = [status == Status.OK for status in self.status]
        read = [self[row] if usable else None for row, usable in enumerate(ok)]
        return Part(self.utterance_ids, read, self.status, self.messages)

    def check(self, corpus: Corpus, facts: Mapping[str, Any]) -> "Decoded":
        """Itself, if it holds a table's rows as they are asked for.

        Raises:
            DataError: it was made for another table or with other parameters.
        """
        if self.utterance_ids != corpus.utterances["utterance_id"].tolist() or self.facts != facts:
            raise DataError(
                f"{self.path}: made for another utterance table or with other parameters; remove it "
                "and run again"
            )
        return self
