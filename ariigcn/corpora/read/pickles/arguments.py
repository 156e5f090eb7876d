"""How the arguments of a pickle's opcodes are read: numbers, counted bytes and lines.

Python's ``pickletools`` module describes every opcode and its argument.
"""

import struct
from collections.abc import Callable
from typing import Any

from ariigcn.corpora.read.pickles.values import (
    DamagedError,
    from_bytes,
    integer,
    integer_or_bool,
    real,
    unquoted,
)

# The file's bytes and where an argument begins -> the argument and where it ends.
Read = Callable[[bytes, int], tuple[Any, int]]


def number(form: str) -> Read:
    """A number as :mod:`struct` packs it."""
    packed = struct.Struct(form)
    unpack, size = packed.unpack_from, packed.size
    return lambda data, at: (unpack(data, at)[0], at + size)


def _counted(form: str, made: Callable[[bytes], Any] = bytes) -> Read:
    """Bytes that stand behind their own number."""
    count_of = number(form)

    def read(data: bytes, at: int) -> tuple[Any, int]:
        count, begin = count_of(data, at)
        end = begin + count
        if not begin <= end <= len(data):
            raise DamagedError(f"{count} bytes expected at byte {begin} of {len(data)}")
        return made(data[begin:end]), end

    return read


def _line(made: Callable[[bytes], Any]) -> Read:
    """What the text up to the end of the line stands for."""

    def read(data: bytes, at: int) -> tuple[Any, int]:
        end = data.find(b"\n", at)
        if end < 0:
            raise DamagedError(f"a line at byte {at} does not end")
        return made(data[at:end]), end + 1

    return read


def names(data: bytes, at: int) -> tuple[tuple[str, str], int]:
    """A module's name and a name in it, a line each."""
    module, at = _TEXT_LINE(data, at)
    name, at = _TEXT_LINE(data, at)
    return (module, name), at


def frame(data: bytes, at: int) -> tuple[None, int]:
    """A frame's size, which is checked and then not needed.

    Raises:
        DamagedError: the file ends before the frame does.
    """
    size, begin = _U8(data, at)
    if size > len(data) - begin:
        raise DamagedError(f"{size} bytes expected at byte {begin} of {len(data)}")
    return None, begin


def _latin(data: bytes) -> str:
    """Text of Python 2."""
    return data.decode("latin-1")


_UTF8: Callable[[bytes], str] = bytes.decode  # strictly
_TEXT_LINE, NUMBER_LINE = _line(_UTF8), _line(integer)
_U8 = number("<Q")

# Opcodes that push their argument.
VALUES: dict[bytes, Read] = {
    b"I": _line(integer_or_bool),
    b"L": _line(lambda line: integer(line.rstrip(b"L"))),
    b"F": _line(real),
    b"J": number("<i"),
    b"M": number("<H"),
    b"G": number(">d"),
    b"\x8a": _counted("<B", from_bytes),
    b"\x8b": _counted("<i", from_bytes),
    b"S": _line(unquoted),
    b"T": _counted("<i", _latin),
    b"U": _counted("<B", _latin),
    b"V": _line(lambda line: line.decode("raw-unicode-escape")),
    b"\x8c": _counted("<B", _UTF8),
    b"X": _counted("<I", _UTF8),
    b"\x8d": _counted("<Q", _UTF8),
    b"C": _counted("<B"),
    b"B": _counted("<I"),
    b"\x8e": _counted("<Q"),
    b"\x96": _counted("<Q", bytearray),
}
