"""Where the corpora that may be downloaded come from: every file, its addresses and its digest.

MELD's archive lies with its authors and, mirrored, on a hub; its tables lie in the authors' repository.
IEMOCAP is licensed on request and therefore has no entry.
"""

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, urlsplit
from urllib.request import url2pathname

from ariigcn.core.errors import DataError


@dataclass(frozen=True)
class Source:
    """One file of a corpus.

    Args:
        corpus: the corpus's name in the configuration.
        name: the file's name, in the download folder and at a mirror.
        version: release or commit that the digest belongs to.
        addresses: where it may be had; tried in this order.
        size: bytes; None: whatever the server says.
        sha256: hex digest; None: recorded on first use and held from then on.
    """

    corpus: str
    name: str
    version: str
    addresses: tuple[str, ...]
    size: int | None = None
    sha256: str | None = None

    def unpinned(self) -> "Source":
        """The same file as somebody packed it anew: any size, digest as recorded on first use."""
        return replace(self, size=None, sha256=None)


_MELD_TABLES = "https://raw.githubusercontent.com/declare-lab/MELD"
_MELD_COMMIT = "e8cedf27b5d2877e198332c957127e16eb214afe"


def _meld_table(part: str, size: int, sha256: str) -> Source:
    name = f"{part}_sent_emo.csv"
    addresses = tuple(f"{_MELD_TABLES}/{at}/data/MELD/{name}" for at in (_MELD_COMMIT, "master"))
    return Source("meld", name, _MELD_COMMIT[:12], addresses, size, sha256)


# The digest is the object id under which the hub stores the archive.
MELD_ARCHIVE = Source(
    corpus="meld",
    name="MELD.Raw.tar.gz",
    version="1",
    addresses=(
        "https://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz",
        "https://huggingface.co/datasets/declare-lab/MELD/resolve/main/MELD.Raw.tar.gz",
        "http://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz",
    ),
    size=10_878_146_150,
    sha256="a56b4407d574195cbce470d86f9c9d72fcfea59b0e34502ecd4babee4a5c613e",
)
MELD_TABLES = (
    _meld_table(
        "train", 1_119_290, "d2fa2d6529cf03cac2989efec05c9b27d8fd2f4c8fc5974c7ae88aa537fa02db"
    ),
    _meld_table("dev", 121_640, "2e89c6f8aa182d6f62f8c6331aece905ac7273ca4999660bfb5213e1d0370c1c"),
    _meld_table(
        "test", 294_526, "8d37103938f7067600839fe29d5a114a6cd1bcdafb75bec101e06464c5006888"
    ),
)


def at_mirror(mirror: str, name: str) -> str:
    """A file's address at a mirror: its folder's address, or that of any file in it."""
    base = mirror.rstrip("/")
    is_file = PurePosixPath(_split(base).path).name.endswith((".tar.gz", ".csv"))
    return f"{base.rpartition('/')[0] if is_file else base}/{name}"


def local_path(address: str) -> Path | None:
    """The path that a ``file:`` address or a plain path names; None: the address needs a network."""
    parts = _split(address)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return None if parts.scheme in ("http", "https") else Path(address)


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError as error:
        raise DataError(f"{address} is no address ({error})") from error
