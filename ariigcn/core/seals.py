"""A checksum in every file that a later stage reads back: a bad disk or a half copy passes for nothing.

A seal is the words ``ariigcn:xxh3:`` and 32 hex digits: xxh3 (128 bits) of the whole file with those
digits as zeros. It stands where a format lets words stand: in an HDF5 file's user block, a parquet
file's footer, a safetensors header, a key of JSON. A file that is taken away takes its seal with it.
CSV and SVG have no such place; theirs is a hidden file beside them. A seal is looked at before any
reader sees the file, so that damaged HDF5 cannot hang one. It tells chance, not malice: whoever
changes a file on purpose can seal it again.
"""

import hashlib
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xxhash

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path

MARK = b"ariigcn:xxh3:"
DIGITS = 32
BLANK = MARK + b"0" * DIGITS
_SEAL = re.compile(MARK + rb"([0-9a-f]{32})")


@contextmanager
def sealed_path(path: Path | str) -> Iterator[Path]:
    """An :func:`~ariigcn.core.files.atomic_path` whose file is sealed before it is renamed.

    The file holds :data:`BLANK` once, where its seal shall stand; without it the seal stands beside.
    """
    path = Path(path)
    with atomic_path(path) as temporary:
        yield temporary
        if not _seal(temporary):
            beside(path).write_bytes(MARK + _digest_of(temporary).encode() + b"\n")


def verify(path: Path | str) -> Path:
    """The path of a file that is as it was written.

    Raises:
        DataError: it is absent, was changed after it was written, or was never sealed.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream, _mapped(stream.fileno(), path) as content:
            holds, fits = False, False
            for found in _SEAL.finditer(content):  # a text may hold another file's
                holds, at = True, found.start(1)
                fits = _digest(content, at) == found[1]
                if fits:
                    break
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); run its stage again") from None
    if fits or _fits_beside(path):
        return path
    if holds or beside(path).is_file():
        raise DataError(f"{path}: damaged (its checksum differs); remove it and run again")
    raise DataError(
        f"{path}: has no checksum; an earlier version or another program wrote it, or it is "
        "damaged: remove it and run again"
    )


def beside(path: Path) -> Path:
    """Where the seal of a file stands that has no place for one."""
    return path.with_name(f".{path.name}.seal")


def _seal(path: Path) -> bool:
    """Put a file's digest into its blank seal; False where it has none."""
    with path.open("r+b") as stream:
        with _mapped(stream.fileno(), path) as content:
            at = content.find(BLANK)
            if at < 0:
                return False
            if content.find(BLANK, at + 1) >= 0:
                raise DataError(f"{path}: its content holds the words of a checksum; change them")
            digest = _digest(content, at + len(MARK))
        stream.seek(at + len(MARK))
        stream.write(digest)
    return True


def _fits_beside(path: Path) -> bool:
    try:
        told = beside(path).read_bytes()
    except OSError:
        return False
    return told == MARK + _digest_of(path).encode() + b"\n"


def _digest(content: mmap.mmap | bytes, digits: int) -> bytes:
    """Digest of a file's bytes, those of the seal's digits as zeros."""
    whole, digest = memoryview(content), xxhash.xxh3_128()
    try:
        for part in (whole[:digits], BLANK[-DIGITS:], whole[digits + DIGITS :]):
            digest.update(part)
    finally:
        whole.release()
    return digest.hexdigest().encode()


def _digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, xxhash.xxh3_128).hexdigest()


@contextmanager
def _mapped(descriptor: int, path: Path) -> Iterator[mmap.mmap | bytes]:
    """A file's bytes without a copy of them; an empty file cannot be mapped."""
    if not path.stat().st_size:
        yield b""
        return
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as content:
        yield content
