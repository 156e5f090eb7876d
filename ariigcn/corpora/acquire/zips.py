"""Unpacking a zip of zips, as text corpora come: the rules of :mod:`~ariigcn.corpora.acquire.archives`."""

import io
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.core.logs import logger
from ariigcn.corpora.acquire.archives import DEPTH, Place, Unpacked

LARGEST = 1 << 26  # bytes of a member; an inner archive is held in memory
# What zipfile raises for damage; RuntimeError where a member has a password.
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError),
)


def unpack_zip(
    archive: Path, target: Path, place: Place, kind: Callable[[str], str] = lambda name: "other"
) -> Unpacked:
    """Write the files that belong, whether they stand already or not.

    Args:
        archive: a zip, which may hold further ones.
        target: folder to write to.
        place: a member's path within its archive -> its path within ``target``, or None to leave
            it out.
        kind: name of a file that is left out -> what to call its kind.

    Raises:
        DataError: the archive is cut short or damaged.
    """
    found = Unpacked()
    try:
        with zipfile.ZipFile(archive) as outer:
            for name, stream in _files(outer, DEPTH, found):
                path = place(name)
                if path is None:
                    found.left_out[kind(name.name)] += 1
                    continue
                with atomic_path(target / path) as temporary, open(temporary, "wb") as out:
                    shutil.copyfileobj(stream, out)
                found.written += 1
    except DAMAGE as error:
        raise DataError(
            f"{archive}: cut short or damaged ({error}); remove it, download it again and run again"
        ) from error
    logger.info("%s: %s", archive.name, found)
    return found


def _files(
    archive: zipfile.ZipFile, depth: int, found: Unpacked
) -> Iterator[tuple[PurePosixPath, IO[bytes]]]:
    """Every file; of a nested archive, its files instead."""
    for member in archive.infolist():
        name = PurePosixPath(member.filename)
        if member.is_dir():
            continue
        if member.file_size > LARGEST:  # zipfile reads no more than a member says of itself
            found.left_out[f"file(s) above {LARGEST >> 20} MiB"] += 1
            continue
        with archive.open(member) as stream:
            nested = name.suffix == ".zip" and not name.name.startswith("._") and depth > 1
            if nested:
                with zipfile.ZipFile(io.BytesIO(stream.read())) as inner:
                    yield from _files(inner, depth - 1, found)
            else:
                yield name, stream
