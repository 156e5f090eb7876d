"""Unpacking an archive of archives in one pass: nothing in between touches the disk.

A member is written only where the caller places it: no name in an archive decides where a file lands.
Links, devices and paths that leave the archive are counted and never followed.
"""

import gzip
import shutil
import tarfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Self

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.core.logs import ByteCounter, logger, progress

NESTED = (".tar.gz", ".tgz")
DEPTH = 2  # an archive in an archive; a third level is left out
BLOCK = 1 << 20
LONGEST_HEADER = 1 << 20  # bytes of a member's extended header, which tarfile reads in one piece
LONGEST_NAME = 255  # bytes of a file's name, on every file system in use
# What gzip and tarfile raise: ValueError where a header's number is none, RecursionError where headers
# hold headers without end.
DAMAGE = (
    *(EOFError, tarfile.TarError, zlib.error, gzip.BadGzipFile),
    *(ValueError, OverflowError, RecursionError),
)
_HEADERS = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
Place = Callable[[PurePosixPath], PurePosixPath | None]


@dataclass
class Unpacked:
    """What became of an archive's files."""

    written: int = 0  # now
    standing: int = 0  # there before, with the right size
    left_out: Counter[str] = field(default_factory=Counter)  # kind -> files that do not belong

    def summary(self) -> dict[str, object]:
        """What belongs, and what was left out by kind; the same for every run of the same archive."""
        return {
            "unpacked": self.written + self.standing,
            "left_out": dict(sorted(self.left_out.items())),
        }

    def __str__(self) -> str:
        left_out = ", ".join(f"{n} {kind}" for kind, n in sorted(self.left_out.items()))
        return (
            f"{self.written} file(s) written, {self.standing} there before; "
            f"left out: {left_out or 'none'}"
        )


def unpack(
    archive: Path, target: Path, place: Place, kind: Callable[[str], str] = lambda name: "other"
) -> Unpacked:
    """Write the files that belong; after a cut, the next run continues.

    Args:
        archive: a tar.gz, which may hold further ones.
        target: folder to write to.
        place: a member's path within its archive -> its path within ``target``, or None to leave
            it out.
        kind: name of a file that is left out -> what to call its kind.

    Raises:
        DataError: the archive is cut short or damaged, or the disk is full. What is written stays.
    """
    target = target.resolve()
    found = Unpacked()
    for stale in target.rglob(".*.tmp*"):
        stale.unlink()
    try:
        with (
            open(archive, "rb") as raw,
            progress(f"unpacking {archive.name}", archive.stat().st_size, kind=ByteCounter) as bar,
        ):
            for member, stream in _files(raw, DEPTH, found):
                bar.advance(raw.tell() - bar.done)
                path = place(PurePosixPath(member.name))
                if path is None:
                    found.left_out[kind(PurePosixPath(member.name).name)] += 1
                else:
                    _write(member, stream, target / path, found)
            bar.advance(raw.tell() - bar.done)
    except DAMAGE as error:
        raise DataError(
            f"{archive}: cut short or damaged ({error}); {found}. Written files are kept; "
            "remove the archive, download it again and run again"
        ) from error
    except OSError as error:
        raise DataError(
            f"{target}: cannot be written ({error.strerror}); {found}. Written files are "
            "kept; repair this and run again"
        ) from error
    logger.info("%s: %s", archive.name, found)
    return found


def _files(
    raw: IO[bytes], depth: int, found: Unpacked
) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Every plain file with a harmless name; of a nested archive, its files instead."""
    with gzip.GzipFile(fileobj=raw) as plain:
        with tarfile.open(fileobj=plain, mode="r|", bufsize=BLOCK, tarinfo=_Member) as tar:
            for member in tar:
                if member.isdir():
                    continue
                refusal, name = _refusal(member), PurePosixPath(member.name).name
                stream = None if refusal else tar.extractfile(member)
                if stream is None:
                    found.left_out[refusal or "not a plain file"] += 1
                    # Escaped: a name may hold what a terminal would obey.
                    logger.warning("left out: %.200a (%s)", member.name, refusal)
                elif name.endswith(NESTED) and not name.startswith("._") and depth > 1:
                    yield from _files(stream, depth - 1, found)
                else:
                    yield member, stream
        while plain.read(BLOCK):  # to the very end: the checksum there finds damage
            pass


class _Member(tarfile.TarInfo):
    """A member whose headers take little memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """A header out of its block."""
        found = super().frombuf(buf, encoding, errors)
        if found.type in _HEADERS and found.size > LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {found.size} bytes")
        return found


def _refusal(member: tarfile.TarInfo) -> str | None:
    if not member.name.isprintable() or any(
        len(part.encode()) > LONGEST_NAME for part in PurePosixPath(member.name).parts
    ):
        return "name(s) that no file should have"
    path = PurePosixPath(member.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in member.name:
        return "path(s) out of the archive"
    if not member.isreg() or member.issparse():
        return "link(s), device(s) or other special file(s)"
    return None


def _write(member: tarfile.TarInfo, stream: IO[bytes], path: Path, found: Unpacked) -> None:
    if path.is_file() and path.stat().st_size == member.size:
        found.standing += 1
        return
    with atomic_path(path) as temporary:
        with open(temporary, "wb") as out:
            shutil.copyfileobj(stream, out, BLOCK)
        if temporary.stat().st_size != member.size:
            raise EOFError(f"{member.name} ends early")
    found.written += 1
