"""A corpus's file on this disk: a local copy, or downloaded from the first address that has it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import TypeAdapter

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import atomic_path, sha256_file
from ariigcn.core.logs import logger
from ariigcn.corpora.acquire.request import AddressError, Patience, UnresolvedError
from ariigcn.corpora.acquire.transfer import Transfer, check_space
from ariigcn.corpora.config import DownloadConfig

DIGESTS = "digests.json"
UNPACKED_SHARE = 1.1  # bytes of content a byte of archive; media hardly compress (our own estimate)
_RECORD = TypeAdapter(dict[str, str])  # digests by file name
FILES = (".tar.gz", ".zip", ".csv", ".json")  # a mirror that ends so is named by a file of it
LARGE = 10_000_000  # bytes; the digest of a larger file takes long enough to be worth a line


@dataclass(frozen=True)
class RemoteFile:
    """A file that may be downloaded.

    Args:
        name: its name in the download folder and at a mirror.
        addresses: where it is; tried in this order.
        size: bytes; None: what the server says.
        sha256: hex digest; None: recorded on first use and checked from then on.
    """

    name: str
    addresses: tuple[str, ...]
    size: int | None = None
    sha256: str | None = None


def download(
    file: RemoteFile,
    folder: Path,
    config: DownloadConfig,
    unpack_to: Path | None = None,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> Path:
    """The whole file with the right digest; a local copy is used where it lies.

    Args:
        file: what to download.
        folder: where downloads, their parts and the recorded digests stand.
        config: mirror, local copies, and whether the published digests are checked.
        unpack_to: where an archive will be unpacked; there must be room for it and for its content.
        patience: when to give an address up.

    Raises:
        DataError: no address has the file, or not the right one (every reason is named); or the disk
            is too small.
    """
    if config.digests == "recorded":  # a copy that somebody packed anew may have any size
        file = replace(file, size=None, sha256=None)
    copy = _copy(file.name, folder, config)
    if unpack_to is not None:
        _check_room(file, copy, folder, unpack_to)
    if copy is not None:
        _check(file, copy, folder)
        return copy
    if config.offline is not None:
        raise DataError(
            f"{file.name} is neither in {config.offline} nor in {folder}, and "
            "download.offline forbids downloads; copy it to one of them, or remove "
            "download.offline"
        )
    folder.mkdir(parents=True, exist_ok=True)
    transfer = Transfer(folder / file.name, file.size, file.sha256 is not None, patience)
    mirror = (at_mirror(config.mirror, file.name),) if config.mirror else ()
    problems: dict[str, Exception] = {}
    for address in transfer.begun_first((*mirror, *file.addresses)):
        try:
            return _fetch(file, folder, transfer, address)
        except (AddressError, DataError) as error:
            problems[address] = error
            if not isinstance(error, UnresolvedError):
                logger.warning("%s: %s", address, error)
        except OSError as error:
            raise DataError(
                f"{file.name}: cannot be written to {folder} ({error.strerror}); repair this "
                "and run again: downloaded bytes are kept"
            ) from error
    raise DataError(_explain(file, problems))


def at_mirror(mirror: str, name: str) -> str:
    """A file's address at a mirror: its folder's address, or that of any file in it."""
    base = mirror.rstrip("/")
    is_file = base.partition("?")[0].endswith(FILES)
    return f"{base.rpartition('/')[0] if is_file else base}/{name}"


def local_path(address: str) -> Path | None:
    """The path that a ``file:`` address or a plain path names; None: the address needs a network."""
    scheme = address.partition(":")[0].lower()
    if scheme == "file":
        return Path(url2pathname(urlsplit(address).path))
    return None if scheme in ("http", "https") else Path(address)


def _copy(name: str, folder: Path, config: DownloadConfig) -> Path | None:
    """The copy of a file that needs no connection, unchecked; None where there is none."""
    given = config.offline or config.mirror
    copy = local_path(at_mirror(str(given), name)) if given else None
    places = (copy, folder / name) if config.offline else (folder / name, copy)
    return next((path for path in places if path is not None and path.is_file()), None)


def _check_room(file: RemoteFile, copy: Path | None, folder: Path, target: Path) -> None:
    """An archive and its content must fit on the disk, less what is there already."""
    size = copy.stat().st_size if copy else file.size
    if size is not None:
        part = folder / f"{file.name}.part"
        arrived = size if copy else part.stat().st_size if part.is_file() else 0
        unpacked = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
        needed = size - arrived + max(0, int(UNPACKED_SHARE * size) - unpacked)
        check_space(target, needed, f"{file.name}, unpacked,")


def _fetch(file: RemoteFile, folder: Path, transfer: Transfer, address: str) -> Path:
    if local_path(address) is not None:
        raise AddressError("no such file")  # else it were the copy in use
    part = transfer.run(address)
    try:
        _check(file, part, folder)
    except DataError:
        transfer.forget()
        raise
    final = folder / file.name
    part.replace(final)
    transfer.forget()
    return final


def _explain(file: RemoteFile, problems: dict[str, Exception]) -> str:
    """What is wrong with every address, and what to do."""
    mend = (
        "run again: downloaded bytes are kept; or download the file by hand and name its "
        "folder with "
        "--config 'download={offline: DIR}'"
    )
    if all(isinstance(error, UnresolvedError) for error in problems.values()):
        reasons = ", ".join(dict.fromkeys(str(error) for error in problems.values()))
        return (
            f"{file.name} cannot be downloaded: {reasons}; check that this machine is on a "
            f"network, and whether it needs a proxy (https_proxy); then {mend}"
        )
    told = [f"{address}: {error}" for address, error in problems.items()]
    return problem_list(f"{file.name} cannot be downloaded ({mend})", told)


def _check(file: RemoteFile, path: Path, folder: Path) -> None:
    """Check size and digest; the first use of a file without a published digest records its own."""
    size = path.stat().st_size
    if file.size not in (None, size):
        raise DataError(f"{path}: {size} bytes, expected {file.size}; remove it and run again")
    record = folder / DIGESTS
    try:
        recorded = _RECORD.validate_json(record.read_bytes()) if record.is_file() else {}
    except (OSError, ValueError) as error:
        raise DataError(f"{record}: not a table of digests; remove it and run again") from error
    if size > LARGE:
        logger.info("%s: checking the digest of %.1f MB", path, size / 1e6)
    found = sha256_file(path)
    expected = file.sha256 or recorded.get(file.name)
    if expected is None:
        with atomic_path(record) as temporary:
            digests = json.dumps(recorded | {file.name: found}, indent=2, sort_keys=True)
            temporary.write_text(digests + "\n", "utf-8")
    elif found != expected:
        mend = (
            "remove it and run again; for a copy that you packed yourself, "
            "--config 'download={digests: recorded}'"
            if file.sha256
            else f"if the new file is the right one, remove its line from {record}"
        )
        raise DataError(f"{path}: sha256 is {found}, expected {expected}; {mend}")
