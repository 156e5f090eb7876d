"""MELD's tables and clips, from the authors' addresses to the folder that its module reads."""

import json
import re
import shutil
from pathlib import Path, PurePosixPath

from ariigcn.core.files import atomic_path, exclusive, sha256_file
from ariigcn.core.logs import logger
from ariigcn.corpora.acquire.archives import unpack
from ariigcn.corpora.acquire.download import RemoteFile, download
from ariigcn.corpora.config import DownloadConfig
from ariigcn.corpora.fingerprints import record_made

VERSION = "1"
# MELD's name of a split -> the folder of its clips.
CLIPS = {
    "train": "train_splits",
    "dev": "dev_splits_complete",
    "test": "output_repeated_splits_test",
}
_CLIP = re.compile(r"dia\d+_utt\d+\.mp4")
# The authors' archive and its copy on a hub; its digest is the id under which the hub stores it.
ARCHIVE = RemoteFile(
    "MELD.Raw.tar.gz",
    addresses=(
        "https://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz",
        "https://huggingface.co/datasets/declare-lab/MELD/resolve/main/MELD.Raw.tar.gz",
        "http://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz",
    ),
    size=10_878_146_150,
    sha256="a56b4407d574195cbce470d86f9c9d72fcfea59b0e34502ecd4babee4a5c613e",
)
# The authors' repository, at the commit that the digests belong to, then at its newest.
REPOSITORY = "https://raw.githubusercontent.com/declare-lab/MELD/{commit}/data/MELD/{name}"
COMMITS = ("e8cedf27b5d2877e198332c957127e16eb214afe", "master")


def _table(part: str, size: int, sha256: str) -> RemoteFile:
    name = f"{part}_sent_emo.csv"
    addresses = tuple(REPOSITORY.format(commit=commit, name=name) for commit in COMMITS)
    return RemoteFile(name, addresses, size, sha256)


TABLES = (
    _table("train", 1_119_290, "d2fa2d6529cf03cac2989efec05c9b27d8fd2f4c8fc5974c7ae88aa537fa02db"),
    _table("dev", 121_640, "2e89c6f8aa182d6f62f8c6331aece905ac7273ca4999660bfb5213e1d0370c1c"),
    _table("test", 294_526, "8d37103938f7067600839fe29d5a114a6cd1bcdafb75bec101e06464c5006888"),
)


def obtain(
    root: Path, downloads: Path, config: DownloadConfig, clips: bool, manifest: Path
) -> None:
    """Download MELD's tables, and its clips where they are wanted, in the layout that its module reads.

    Args:
        root: the folder.
        downloads: where the archive stands; it may be removed afterwards.
        config: mirror, local copies, and whether the published digests are checked.
        clips: audio and video too (10.9 GB), or the tables alone (1.5 MB).
        manifest: JSON file to write: version, digests of the files, members of the archive.

    Raises:
        DataError: no address serves a file, a digest is wrong, the disk is too small.
    """
    published = config.digests == "published"
    content: dict[str, object] = {"corpus": "meld", "version": VERSION}
    with exclusive(downloads):
        if clips:
            archive = download(ARCHIVE, downloads, config, unpack_to=root)
            content["archive"] = ARCHIVE.sha256 if published else sha256_file(archive)
            content["members"] = unpack(archive, root, _place, _kind).summary()
        for table in TABLES:
            path = root / table.name
            # Where clips were wanted, the table came out of the archive, and is right as a rule.
            if not path.is_file() or (published and sha256_file(path) != table.sha256):
                with atomic_path(path) as temporary:
                    shutil.copyfile(download(table, downloads, config), temporary)
        content["tables"] = {table.name: sha256_file(root / table.name) for table in TABLES}
        with atomic_path(manifest) as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        record_made(root)
        if clips and archive.parent == downloads:
            logger.info("%s is not needed any more and may be removed", archive)


def _place(path: PurePosixPath) -> PurePosixPath | None:
    """Where in the folder a member of the archive belongs; None: nowhere."""
    if path.parent.name in CLIPS.values() and _CLIP.fullmatch(path.name):
        return PurePosixPath(path.parent.name, path.name)
    return PurePosixPath(path.name) if path.name in {table.name for table in TABLES} else None


def _kind(name: str) -> str:
    """What to call a file that belongs nowhere."""
    if name.startswith("._"):
        return "resource fork(s) of a Mac (._*)"
    if name.startswith("final_videos_test"):
        return "unlabelled clip(s) (final_videos_test*)"
    return "other file(s)"
