"""What a corpus's folder holds, as digests: what changed since a stage ran is noticed.

Names, sizes and times of media decide, which takes seconds for a million clips; tables are small
and are read, since an editor may keep a file's time. What the workflow made or downloaded is recorded
when it is whole: until somebody changes it, it counts as made, whether it stands already or not.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import xxhash

from ariigcn.core.files import atomic_path
from ariigcn.corpora.registry import table_files

RECORD = ".made.json"
AS_MADE = "as made"


def record_made(root: Path) -> None:
    """Note what a folder holds that the workflow has filled."""
    content = {what: digest(root) for what, digest in DIGESTS.items()}
    with atomic_path(root / RECORD) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def changed(root: Path, what: str) -> str:
    """One of a made folder's :data:`DIGESTS`, or that it is as it was made."""
    record = root / RECORD
    if not record.is_file():
        return AS_MADE  # not made yet, or not whole: it is about to be made
    now = DIGESTS[what](root)
    try:
        as_made = json.loads(record.read_text("utf-8")).get(what) == now
    except (OSError, ValueError, AttributeError):
        as_made = False  # a damaged note vouches for nothing
    return AS_MADE if as_made else now


def tables_digest(root: Path) -> str:
    """Digest of the tables' names and bytes."""
    digest = xxhash.xxh3_128()
    for name in table_files(root):
        digest.update(os.fsencode(f"{Path(name).relative_to(root)}\0"))
        with open(name, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def media_digest(root: Path) -> str:
    """Digest of path, size and time of everything in a folder but its tables and hidden files."""
    return _tree_digest(root, lambda stat: f"{stat.st_size}\0{stat.st_mtime_ns}\0")


def names_digest(root: Path) -> str:
    """Digest of the names alone of everything that :func:`media_digest` counts."""
    return _tree_digest(root, lambda _: "")


def _tree_digest(root: Path, tell: Callable[[os.stat_result], str]) -> str:
    """Digest of the path of every file but tables and hidden ones, and of what is told of it."""
    tables, start = set(table_files(root)), len(str(root)) + 1
    digest = xxhash.xxh3_128()
    for path, stat in _files(str(root)):
        if path not in tables:
            digest.update(os.fsencode(f"{path[start:]}\0{tell(stat)}"))
    return digest.hexdigest()


DIGESTS: dict[str, Callable[[Path], str]] = {
    "tables": tables_digest,
    "media": media_digest,
    "names": names_digest,
}


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Files below a folder in order, links followed to files alone; what vanishes is left out."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry.path, entry.stat()
        except OSError:
            continue
