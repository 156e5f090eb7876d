"""Records by digest in few files, which any number of processes and machines read and write at once.

A process appends to files of its own, so none waits for another, and no lock is needed, which a network
file system may lack: ``<writer>.records`` holds its records, and ``<writer>.index`` an entry of fixed
size for each, written after it. Others' records are found by reading what their indexes have grown by.
What a kill, a power cut or a bad disk leaves of a record has another checksum, and counts as absent.
"""

import os
import secrets
import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KEY = 32  # bytes of a digest; a record starts with it
# The digest's first bytes, and where in the writer's file the record stands.
ENTRY = np.dtype([("key", "<u8"), ("start", "<u8"), ("length", "<u4"), ("crc32", "<u4")])
FOUND = np.dtype([*ENTRY.descr, ("writer", "<u4")])
RUNS = 16  # sorted pieces of the index in memory; more become one


class Records:
    """The records of a folder, as one process sees and adds to them.

    Args:
        folder: made when the first record is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = f"{os.uname().nodename}.{os.getpid()}.{secrets.token_hex(4)}"
        self._writers: list[str] = []
        self._seen: dict[str, int] = {}
        # Sorted digests' first bytes, and their entries: apart, since a column of a table is no run.
        self._runs: list[tuple[NDArray[np.uint64], NDArray[np.void]]] = []

    def refresh(self) -> None:
        """See what all processes have written since the last time."""
        fresh = [self._grown(path) for path in sorted(self._folder.glob("*.index"))]
        if fresh and any(map(len, fresh)):
            if len(self._runs) >= RUNS:
                fresh += [entries for _, entries in self._runs]
                self._runs.clear()
            entries = np.concatenate(fresh)
            entries = entries[np.argsort(entries["key"], kind="stable")]
            self._runs.append((np.ascontiguousarray(entries["key"]), entries))

    def get(self, key: bytes) -> bytes | None:
        """What was put under a digest, if :meth:`refresh` has seen it; None if nothing that is whole."""
        short = np.frombuffer(key, "<u8", 1)[0]
        for keys, entries in self._runs:
            first, last = (int(keys.searchsorted(short, side)) for side in ("left", "right"))
            for entry in entries[first:last]:
                record = self._read(entry)
                if record is not None and record.startswith(key):
                    return record[KEY:]
        return None

    def put(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Write records, (digest, content) each.

        Raises:
            OSError: the disk is full, or the folder may not be written to; some may be written.
        """
        whole = [key + content for key, content in records]
        if not whole:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        # Closed after every call: a network file system shows others what was closed.
        with open(self._folder / f"{self._own}.records", "ab") as stream:
            start = stream.tell()
            stream.writelines(whole)
        entries = np.empty(len(whole), ENTRY)
        entries["length"] = [len(record) for record in whole]
        entries["start"] = start + entries["length"].cumsum(dtype=np.uint64) - entries["length"]
        entries["key"] = [np.frombuffer(record, "<u8", 1)[0] for record in whole]
        entries["crc32"] = [zlib.crc32(record) for record in whole]
        with open(self._folder / f"{self._own}.index", "ab") as stream:
            # What a full disk left of an entry would shift all that follow.
            stream.truncate(stream.tell() - stream.tell() % ENTRY.itemsize)
            stream.write(entries.tobytes())

    def _grown(self, path: Path) -> NDArray[np.void]:
        """The entries that an index has beyond those that were seen."""
        seen = self._seen.get(path.stem, 0)
        try:
            size = path.stat().st_size
            seen = seen if seen <= size else 0  # somebody removed it, and its writer went on
            with path.open("rb") as stream:
                stream.seek(seen)
                content = stream.read(size - seen)
        except OSError:
            content = b""
        whole = len(content) - len(content) % ENTRY.itemsize
        if path.stem not in self._seen:
            self._writers.append(path.stem)
        self._seen[path.stem] = seen + whole
        found = np.empty(whole // ENTRY.itemsize, FOUND)
        for name in ENTRY.fields or ():
            found[name] = np.frombuffer(content[:whole], ENTRY)[name]
        found["writer"] = self._writers.index(path.stem)
        return found

    def _read(self, entry: np.void) -> bytes | None:
        path = self._folder / f"{self._writers[entry['writer']]}.records"
        try:
            with path.open("rb") as stream:
                stream.seek(entry["start"])
                record = stream.read(entry["length"])
        except (OSError, ValueError):
            return None
        return record if zlib.crc32(record) == entry["crc32"] else None


@lru_cache
def records_of(folder: Path, process: int) -> Records:
    """This process's view of a folder, kept from call to call; a fork of it writes files of its own.

    Args:
        folder: of the records.
        process: the caller's number.
    """
    return Records(folder)
