"""Files that are either whole or absent, and folders that one process at a time works in."""

import errno
import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it into place on success, remove it on error.

    Works for files and folders. The temporary name keeps the suffix, since some writers choose
    their format by it, and holds the machine's name and the process id, so that two writers never
    share one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    remove(temporary)
    try:
        yield temporary
        _sync(temporary)
        if temporary.is_dir():
            remove(path)
        temporary.replace(path)
    except BaseException:
        remove(temporary)
        raise


def try_path(path: Path) -> None:
    """Find out before work starts whether :func:`atomic_path` can write a file; its folder is made.

    Raises:
        OSError: it cannot.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    temporary.touch()
    temporary.unlink()


def _temporary(path: Path) -> Path:
    writer = f"{os.uname().nodename}.{os.getpid()}"
    return path.with_name(f".{path.stem}.{writer}.tmp{path.suffix}")


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Wait until no other process is in such a block of the same folder; a killed one leaves it.

    Where the file system has no locks, it says so and goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("another process is working in %s; waiting for it", folder)
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
                raise
            logger.warning(
                "%s: its file system has no locks (%s); run only one command at a time there",
                folder,
                error,
            )
        yield


def remove(path: Path) -> None:
    """Remove a file or a whole folder; absent is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sha256_file(path: Path | str) -> str:
    """Hex sha256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def link_file(there: Path | str, here: Path | str) -> None:
    """The same file under another name, which takes no room; a copy where the disk has no such links."""
    try:
        os.link(there, here)
    except OSError:
        shutil.copy2(there, here)


def file_stamps(paths: Iterable[Path | str]) -> list[tuple[str, int, int]]:
    """Name, size in bytes and time of change in ns of each file that is there."""
    found = [(path.name, path.stat()) for path in map(Path, paths) if path.is_file()]
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]


def _sync(path: Path) -> None:
    """Flush a file to disk: a rename that survives a power cut must not name an empty file."""
    if path.is_file():
        with open(path, "rb") as stream:
            os.fsync(stream.fileno())
