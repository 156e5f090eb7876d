"""What every download of a corpus has in common: one at a time, files in place, a manifest at the end."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ariigcn.core.files import atomic_path, exclusive, sha256_file
from ariigcn.corpora.acquire.download import RemoteFile, download
from ariigcn.corpora.config import DownloadConfig
from ariigcn.corpora.fingerprints import record_made


@contextmanager
def obtaining(
    corpus: str, version: str, downloads: Path, manifest: Path
) -> Iterator[dict[str, object]]:
    """Hold the download folder while the block fills a corpus's folder; then write its manifest.

    Args:
        corpus: its name.
        version: its release.
        downloads: where downloads stand.
        manifest: JSON file to write in the corpus's folder; where it stands, the folder is whole.

    Yields:
        What the manifest says; the block adds digests of what it brought.
    """
    content: dict[str, object] = {"corpus": corpus, "version": version}
    with exclusive(downloads):
        yield content
        with atomic_path(manifest) as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        record_made(manifest.parent)


def bring(
    files: Iterable[RemoteFile], root: Path, downloads: Path, config: DownloadConfig
) -> dict[str, str]:
    """Download files to a corpus's folder; one that stands there and is right stays. Name -> sha256.

    Raises:
        DataError: no address has a file, or not the right one.
    """
    brought = {}
    for file in files:
        path = root / file.name
        taken_as_it_is = config.digests == "recorded"
        if not path.is_file() or not (taken_as_it_is or sha256_file(path) == file.sha256):
            with atomic_path(path) as temporary:
                shutil.copyfile(download(file, downloads, config), temporary)
        brought[file.name] = sha256_file(path)
    return brought
