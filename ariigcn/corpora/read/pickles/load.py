"""Reading pickles that others have published, without running what they say.

A pickle names functions that loading it calls. Here nothing is called: a decoder of our own knows the
opcodes that build data (:mod:`~ariigcn.corpora.read.pickles.opcodes`) and the few requests of numpy and
torch (:mod:`~ariigcn.corpora.read.pickles.objects`). It runs in a process of its own within bounds of
memory and time (:mod:`~ariigcn.core.confined`).
"""

from pathlib import Path
from typing import Any

from ariigcn.core.confined import Limits, read_confined
from ariigcn.core.errors import DataError
from ariigcn.core.raw_array import NotPlainError
from ariigcn.corpora.read.pickles.objects import Objects
from ariigcn.corpora.read.pickles.opcodes import Decoder
from ariigcn.corpora.read.pickles.values import DamagedError, RefusedError

# The densest honest files, lists of small numbers, take 8 bytes a byte as objects and as much again
# as an answer. Slow network disks bring 10 MB a second.
MEMORY, MEMORY_FACTOR = 1 << 30, 24
SECONDS, BYTES_A_SECOND = 60.0, 2e6
ANSWER, ANSWER_FACTOR = 64 << 20, 16
COPIES = 4  # times its own size that a file's requests may copy: Python 2 has arrays as text


def load_pickle(path: Path) -> Any:
    """The data in a pickle: nested lists, tuples, dictionaries and sets of plain values and arrays.

    Text of Python 2 comes as latin-1, tensors as numpy arrays, arrays of objects as lists, and every
    kind of dictionary as a plain one.

    Raises:
        DataError: the file is absent, cut short or no pickle, or it asks for what data has no need
            of, or for far more than its own size; nothing that it names has been called.
    """
    try:
        if not path.is_file():
            raise DataError(f"{path}: cannot be read (no such file)")
        size = path.stat().st_size
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    return read_confined(decode_pickle, path, limits(size))


def limits(size: int) -> Limits:
    """What reading a pickle of so many bytes may cost."""
    return Limits(
        memory=MEMORY + MEMORY_FACTOR * size,
        seconds=SECONDS + size / BYTES_A_SECOND,
        answer=ANSWER + ANSWER_FACTOR * size,
    )


def decode_pickle(path: Path) -> Any:
    """Like :func:`load_pickle`, in this process and with :mod:`~ariigcn.core.plain` arrays.

    Raises:
        DataError: it cannot be read, is refused or is damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    return decode_bytes(data, str(path))


def decode_bytes(data: bytes, name: str) -> Any:
    """Like :func:`decode_pickle`, of a pickle in memory; ``name`` stands in the errors.

    Raises:
        DataError: it is refused or is damaged.
    """
    try:
        return Decoder(data, Objects(ANSWER + COPIES * len(data))).run()
    except (RefusedError, NotPlainError) as error:
        what = "reading it would" if isinstance(error, RefusedError) else "it holds"
        raise DataError(
            f"{name}: refused, since {what} {error}; feature files hold only arrays, lists "
            "and dictionaries of text and numbers: do not use this file"
        ) from None
    except DamagedError as error:
        raise DataError(f"{name}: not a whole pickle ({error}); get it again") from None
