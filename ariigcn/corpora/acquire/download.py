"""A corpus's file on this disk: found, or fetched from the first address that has it; digest checked."""

import json
from pathlib import Path

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import atomic_path, sha256_file
from ariigcn.core.logs import logger
from ariigcn.corpora.acquire.reach import Patience
from ariigcn.corpora.acquire.sources import Source, at_mirror, local_path
from ariigcn.corpora.acquire.transfer import CHUNK, AddressError, Transfer, UnknownServerError

DIGESTS = "digests.json"


def fetch(
    source: Source,
    folder: Path,
    mirror: str | None = None,
    offline: Path | None = None,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> Path:
    """A source's file, whole and with the digest that is due; a local copy is used where it lies.

    Args:
        source: what to fetch.
        folder: where downloads, their parts and the recorded digests stand.
        mirror: address, ``file:`` address or folder to look in before the source's own addresses.
        offline: folder of local copies; no connection is opened.
        patience: when to give an address up.

    Raises:
        DataError: no address had the file, or not the one that is due; every reason is named.
    """
    path = at_hand(source, folder, mirror, offline)
    if path is not None:
        hold(source, path, folder)
        return path
    if offline is not None:
        raise DataError(
            f"{source.name} is neither in {offline} nor in {folder}, and download.offline forbids "
            "to fetch it"
        )
    folder.mkdir(parents=True, exist_ok=True)
    return _from_somewhere(source, folder, mirror, patience)


def at_hand(
    source: Source, folder: Path, mirror: str | None = None, offline: Path | None = None
) -> Path | None:
    """The copy of a file that needs no connection, unchecked; None where there is none."""
    copy = local_path(at_mirror(str(offline or mirror or folder), source.name))
    places = (copy, folder / source.name) if offline else (folder / source.name, copy)
    return next((path for path in places if path is not None and path.is_file()), None)


def _from_somewhere(source: Source, folder: Path, mirror: str | None, patience: Patience) -> Path:
    transfer = Transfer(source, folder, patience)
    first = (at_mirror(mirror, source.name),) if mirror else ()
    problems, unknown = [], []
    for address in transfer.begun_first((*first, *source.addresses)):
        try:
            if local_path(address) is not None:
                raise AddressError("no such file")
            return _arrived(source, transfer, address)
        except UnknownServerError as error:
            problems.append(f"{address}: {error}")
            unknown.append(str(error))
        except (AddressError, DataError) as error:
            problems.append(f"{address}: {error}")
            logger.warning("%s: %s", address, error)
        except OSError as error:
            raise DataError(
                f"{source.name}: cannot be written to {folder} ({error.strerror}); what has "
                "arrived is kept"
            ) from error
    mend = (
        "run again: what has arrived is kept; or fetch the file by hand and name its folder with "
        "--config 'download={offline: DIR}'"
    )
    if len(unknown) == len(problems):
        reasons = ", ".join(dict.fromkeys(unknown))
        raise DataError(
            f"{source.name} could not be had: {reasons}; is this machine on a network, and does it "
            f"need a proxy (https_proxy)? Then {mend}"
        )
    raise DataError(problem_list(f"{source.name} could not be had ({mend})", problems))


def _arrived(source: Source, transfer: Transfer, address: str) -> Path:
    part = transfer.run(address)
    try:
        hold(source, part, transfer.folder)
    except DataError:
        transfer.forget()
        raise
    final = transfer.folder / source.name
    part.replace(final)
    transfer.forget()
    return final


def hold(source: Source, path: Path, folder: Path) -> str:
    """The hex sha256 of a file, after it was found to be the one that is due.

    Where the source publishes none, the first use records it in ``folder``, and every later one is
    held to it.

    Raises:
        DataError: another size or digest.
    """
    size = path.stat().st_size
    if source.size not in (None, size):
        raise DataError(f"{path}: {size} bytes where {source.size} are due; remove it, run again")
    record = folder / DIGESTS
    digests = _recorded(record)
    due = source.sha256 or digests.get(source.name)
    if size > 10 * CHUNK:
        logger.info("%s: checking the digest of %.1f MB", path, size / 1e6)
    found = sha256_file(path)
    if due is None:
        digests[source.name] = found
        with atomic_path(record) as temporary:
            temporary.write_text(json.dumps(digests, indent=2, sort_keys=True) + "\n", "utf-8")
    elif found != due:
        mend = (
            "remove it and run again; for a copy that you packed yourself, "
            "--config 'download={digests: recorded}'"
            if source.sha256
            else f"where the new file is the right one, remove its line from {record}"
        )
        raise DataError(f"{path}: sha256 {found} where {due} is due; {mend}")
    return found


def _recorded(record: Path) -> dict[str, str]:
    """Digests by file, as earlier uses have written them."""
    try:
        found = json.loads(record.read_text("utf-8")) if record.is_file() else {}
    except (OSError, ValueError) as error:
        raise DataError(f"{record}: cannot be read ({error}); remove it and run again") from error
    if not isinstance(found, dict):
        raise DataError(f"{record}: no digests by file; remove it and run again")
    return found
