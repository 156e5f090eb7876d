"""Errors that a person can act on: what is wrong, where, and what to do."""

import errno
import os
import re

# What a file system can lack, and what mends it.
MENDS = {
    errno.ENOSPC: "free some space, or set results_dir and data_dir to another disk",
    errno.EDQUOT: "free some of your quota, or set results_dir and data_dir to another disk",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.EACCES: "make it writable, or set results_dir and data_dir to other folders",
    errno.EPERM: "make it writable, or set results_dir and data_dir to other folders",
    errno.EROFS: "set results_dir and data_dir to folders that can be written",
}


class AriigcnError(Exception):
    """Base of every error this package raises on purpose."""


class ConfigError(AriigcnError):
    """The configuration names something impossible; raised before any job starts."""


class DataError(AriigcnError):
    """A corpus, a table or a store is not what it claims to be."""


def problem_list(title: str, problems: list[str], limit: int = 20) -> str:
    """Join findings, the first ``limit`` of them, into one message: a user mends all at once."""
    shown = problems[:limit]
    if len(problems) > limit:
        shown.append(f"... and {len(problems) - limit} more")
    return "\n  - ".join([f"{title}:", *shown])


def storage_problem(error: BaseException) -> str | None:
    """Words for a disk that is full or cannot be written; None where it is something else."""
    # safetensors and HDF5 hand the system's number on in their words alone.
    said = re.search(r"(?:os error|errno =) (\d+)", str(error))
    number = getattr(error, "errno", None) or (int(said[1]) if said else None)
    if number not in MENDS:
        return None
    name = getattr(error, "filename", None)
    where = f"{name}: " if name else ""
    return (
        f"{where}{os.strerror(number)}; {MENDS[number]}. No file is half written and finished "
        "results are kept: run the same command again to continue"
    )
