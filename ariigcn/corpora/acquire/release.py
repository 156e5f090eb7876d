"""A corpus's release on this disk: downloaded, unpacked to the layout that the corpus's module reads."""

import json
import re
import shutil
from pathlib import Path, PurePosixPath

from ariigcn.core.files import atomic_path, exclusive, sha256_file
from ariigcn.core.logs import logger
from ariigcn.corpora.acquire.archives import Unpacked, unpack
from ariigcn.corpora.acquire.download import at_hand, fetch
from ariigcn.corpora.acquire.sources import MELD_ARCHIVE, MELD_TABLES, Source
from ariigcn.corpora.acquire.transfer import check_space
from ariigcn.corpora.config import DownloadConfig
from ariigcn.corpora.fingerprints import record_made
from ariigcn.corpora.meld import PARTS

CLIP = re.compile(r"dia\d+_utt\d+\.mp4")
CLIP_FOLDERS = {part.clips for part in PARTS}
UNPACKED_SHARE = 1.1  # clips hardly compress: unpacked bytes a byte of archive (our own estimate)


def obtain_meld(
    raw: Path, downloads: Path, config: DownloadConfig, clips: bool, manifest: Path
) -> None:
    """Bring MELD's tables, and the clips where they are wanted, into a folder.

    Args:
        raw: the folder that :mod:`ariigcn.corpora.meld` shall read.
        downloads: where the archive stands; it may be removed afterwards.
        config: mirror, offline copies and what digests are held to.
        clips: whether audio and video are wanted (10.9 GB) or the tables alone (1.5 MB).
        manifest: file that says what is there: files and digests, members of the archive.

    Raises:
        DataError: no address serves a file, a digest is wrong, the disk is too small.
    """
    with exclusive(downloads):
        _obtain(raw, downloads, config, clips, manifest)


def _obtain(
    raw: Path, downloads: Path, config: DownloadConfig, clips: bool, manifest: Path
) -> None:
    pinned = config.digests == "published"
    said: dict[str, object] = {"corpus": "meld", "version": MELD_ARCHIVE.version}
    if clips:
        source = MELD_ARCHIVE if pinned else MELD_ARCHIVE.unpinned()
        _check_room(source, raw, downloads, config)
        archive = fetch(source, downloads, config.mirror, config.offline)
        said["archive"] = sha256_file(archive) if source.sha256 is None else source.sha256
        said["members"] = _members(unpack(archive, raw, _place, _kind))
    for table in MELD_TABLES:
        _put_table(table if pinned else table.unpinned(), raw, downloads, config)
    said["tables"] = {table.name: sha256_file(raw / table.name) for table in MELD_TABLES}
    with atomic_path(manifest) as temporary:
        temporary.write_text(json.dumps(said, indent=2) + "\n", "utf-8")
    record_made(raw)
    if clips and archive.parent == downloads:
        logger.info("%s is not needed any more and may be removed", archive)


def _place(path: PurePosixPath) -> PurePosixPath | None:
    if path.parent.name in CLIP_FOLDERS and CLIP.fullmatch(path.name):
        return PurePosixPath(path.parent.name, path.name)
    return PurePosixPath(path.name) if path.name in {t.name for t in MELD_TABLES} else None


def _kind(name: str) -> str:
    if name.startswith("._"):
        return "resource fork(s) of a Mac (._*)"
    if name.startswith("final_videos_test"):
        return "unlabelled clip(s) (final_videos_test*)"
    return "other file(s)"


def _members(found: Unpacked) -> dict[str, object]:
    return {
        "unpacked": found.written + found.standing,
        "left_out": dict(sorted(found.left_out.items())),
    }


def _check_room(source: Source, raw: Path, downloads: Path, config: DownloadConfig) -> None:
    """The whole archive and what comes out of it must fit, less what is there already."""
    copy = at_hand(source, downloads, config.mirror, config.offline)
    size = copy.stat().st_size if copy else source.size
    if size is None:
        return
    part = downloads / f"{source.name}.part"
    arriving = 0 if copy else size - (part.stat().st_size if part.is_file() else 0)
    unpacked = sum(path.stat().st_size for path in raw.rglob("*") if path.is_file())
    room = arriving + max(0, int(UNPACKED_SHARE * size) - unpacked)
    check_space(raw, room, f"{source.name}, unpacked,")


def _put_table(table: Source, raw: Path, downloads: Path, config: DownloadConfig) -> None:
    """A table that came out of the archive is right already, as a rule."""
    path = raw / table.name
    if path.is_file() and table.sha256 in (None, sha256_file(path)):
        return
    found = fetch(table, downloads, config.mirror, config.offline)
    with atomic_path(path) as temporary:
        shutil.copyfile(found, temporary)
