"""A path looked at before it is opened: a pipe or a device in a file's place is waited for without end."""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

ABSENT = "no such file"
NOT_UTF8 = "a name that is not in UTF-8; rename it"
WORDS = {
    errno.ENOENT: ABSENT,
    errno.ENOTDIR: ABSENT,
    errno.ELOOP: "a link that leads back to itself",
    errno.ENAMETOOLONG: "a name longer than the file system allows",
}
KINDS = {
    stat.S_IFDIR: "a folder, not a file",
    stat.S_IFIFO: "a pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
}


def file_trouble(path: Path) -> str:
    """Why a path is no file that can be read, in words; empty where it is one. Nothing is opened.

    Links are followed. ``ABSENT`` where there is nothing at all.
    """
    if not is_text(path.name):
        return NOT_UTF8
    try:
        mode = path.stat().st_mode
        readable = os.access(path, os.R_OK)
    except ValueError:
        return "a name with a NUL in it"
    except OSError as error:
        return WORDS.get(error.errno or 0) or str(error.strerror or error)
    if not stat.S_ISREG(mode):
        return KINDS.get(stat.S_IFMT(mode), "not a file")
    return "" if readable else os.strerror(errno.EACCES)


def leads_out(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Names of files in a folder that lead out of it, by links or by themselves -> where to.

    Each folder is resolved once, and a file where it is a link: a corpus has a million of them, for
    which a ``Path`` each takes a minute.
    """
    inside, folders, found = os.path.realpath(root), dict[str, str](), {}
    for name in dict.fromkeys(names):
        folder, last = os.path.split(os.path.join(root, name))  # noqa: PTH118
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        there = os.path.join(folders[folder], last)  # noqa: PTH118
        if last in ("", ".", "..") or os.path.islink(there):  # noqa: PTH114
            there = os.path.realpath(there)
        if not f"{there}{os.sep}".startswith(f"{inside}{os.sep}"):
            found[name] = there
    return found


def may_be_of_hub(name: str, *folders: Path) -> bool:
    """Whether a name, ``name`` or ``user/name``, may be one of the Hugging Face hub's.

    It is not where something called ``user`` is here, or in one of some folders: a mistyped path of this
    machine must not become a stranger's files.
    """
    first, *rest = name.split("/")
    here = any((folder / first).exists() for folder in (Path(), *folders))
    return not here and first not in ("", "~") and len(rest) <= 1 and all(rest)


def is_text(words: str) -> bool:
    """Whether a file in UTF-8 can hold words: JSON and names of files may have half characters."""
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(text: str, limit: int = 300) -> str:
    """A foreign text on one line: control characters and what is no Unicode as escapes, cut at a limit.

    Args:
        text: the foreign text.
        limit: characters to keep, at most.
    """
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."
