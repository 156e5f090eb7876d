"""Single values of pickles, and what is wrong with invalid ones."""

import codecs
import re
from dataclasses import dataclass
from typing import Any

from ariigcn.core.plain import key

LONGEST_INTEGER = 9  # bytes: 64 bits and a sign
LONGEST_LINE = 40  # characters of a number written out
SHOWN = 80
DIGITS = re.compile(rb"-?\d+")


class RefusedError(ValueError):
    """The file asks for something that data has no need of."""


class DamagedError(ValueError):
    """The file is no whole pickle."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name out of a pickle; Python's own thing of that name is never looked up."""

    name: str


def shown(name: str) -> str:
    """A name out of a file, for a message: short, and without what a terminal would obey."""
    short = name[:SHOWN]
    return short if short.isascii() and short.isprintable() else ascii(short)


def paired(items: list[Any]) -> dict[Any, Any]:
    """A dictionary of keys and values in turn.

    Raises:
        DamagedError: the last key has no value.
    """
    if len(items) % 2:
        raise DamagedError("a key without its value")
    return dict(zip(map(key, items[::2]), items[1::2], strict=True))


def integer(line: bytes) -> int:
    """A whole number written out.

    Raises:
        DamagedError: it is no number.
        RefusedError: it has too many digits.
    """
    if not DIGITS.fullmatch(line):
        raise DamagedError("a number expected")
    if len(line) > LONGEST_LINE:
        raise RefusedError(f"read a number of {len(line)} digits")
    return _short(int(line))


def integer_or_bool(line: bytes) -> int:
    """A whole number written out, or one of protocol 0's 00 and 01 for false and true."""
    return line == b"01" if line in (b"00", b"01") else integer(line)


def _short(value: int) -> int:
    if not -(1 << 63) <= value < 1 << 64:
        raise RefusedError("read a number of more than 64 bits")
    return value


def from_bytes(data: bytes) -> int:
    """A whole number in bytes, the lowest first.

    Raises:
        RefusedError: it has too many bytes.
    """
    if len(data) > LONGEST_INTEGER:
        raise RefusedError(f"read a number of {len(data)} bytes")
    return _short(int.from_bytes(data, "little", signed=True))


def real(line: bytes) -> float:
    """A number with a point, written out.

    Raises:
        DamagedError: it is no number.
        RefusedError: it has too many digits.
    """
    if len(line) > LONGEST_LINE:
        raise RefusedError(f"read a number of {len(line)} digits")
    try:
        return float(line)
    except ValueError:
        raise DamagedError("a number expected") from None


def unquoted(line: bytes) -> str:
    """Text of Python 2 in its quotes.

    Raises:
        DamagedError: it has no quotes, or breaks off.
    """
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in b"\"'":
        raise DamagedError("text without its quotes")
    try:
        plain, _ = codecs.escape_decode(line[1:-1])
    except ValueError:
        raise DamagedError("text that breaks off") from None
    return plain.decode("latin-1")
