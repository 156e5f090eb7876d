"""A numeric array as it stands in a file that is not trusted: checked by hand, made by numpy later."""

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EMPTY = 65_536  # an array without values may have at most so many rows
NDIM = 32  # axes that numpy allows
# Bool, integers, floats, complex, bytes and text; with their order of bytes. No objects, no records.
CODE = re.compile(r"[|](b1|[iu]1|S[1-9][0-9]{0,6})|[<>]([iu][248]|f[248]|c(8|16)|U[1-9][0-9]{0,6})")
LAST_CHARACTER = 0x10FFFF
Piece = bytes | bytearray | memoryview


class NotPlainError(ValueError):
    """The data is of another kind than this form holds, or more than is allowed."""


class RawArray:
    """An array as it stands in a file: checked, but not yet numpy's, which need not be loaded.

    Args:
        code: numpy's code of the values with their order of bytes, one of :data:`CODE`.
        shape: length of every axis.
        data: the values' bytes.
        start: values before the first.
        strides: values from one place to the next of every axis; None: row after row, of all bytes.
        scalar: whether it is a number of numpy's rather than an array.

    Raises:
        NotPlainError: another code, or a shape that ``data`` does not hold.
    """

    __slots__ = ("code", "data", "scalar", "shape", "start", "strides")

    def __init__(
        self,
        code: str,
        shape: tuple[int, ...],
        data: Piece,
        *,
        start: int = 0,
        strides: tuple[int, ...] | None = None,
        scalar: bool = False,
    ) -> None:
        self.code, self.shape, self.data = code, shape, data
        self.start, self.strides, self.scalar = start, strides, scalar
        width = itemsize(code)
        count, size = cells(shape), len(data)
        if strides is None:
            fits = start == 0 and count * width == size
        else:
            held = size // width
            whole = len(strides) == len(shape) and all(type(s) is int and s >= 0 for s in strides)
            steps = zip(shape, strides, strict=True) if whole else ()
            last = start + sum((size - 1) * step for size, step in steps)
            # As many values as are held: a stride of 0 could make a gigabyte of one of them.
            fits = whole and start >= 0 and count <= held and (count == 0 or last < held)
        if not fits:
            raise NotPlainError(f"an array of shape {shape} in {size} bytes of '{code}'")

    @property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return cells(self.shape) * itemsize(self.code)

    def item(self) -> str | bytes | int | float | bool:
        """The value of a scalar as Python's own, which can be a key.

        Raises:
            NotPlainError: it is no scalar, or a complex number.
        """
        order, kind = self.code[0], self.code[1]
        if not self.scalar or kind == "c":
            raise NotPlainError("an array as a key")
        if kind == "U":
            return bytes(self.data).decode(f"utf-32-{'be' if order == '>' else 'le'}").rstrip("\0")
        if kind == "S":
            return bytes(self.data).rstrip(b"\0")
        formats = {"b1": "?", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I"}
        formats |= {"i8": "q", "u8": "Q", "f2": "e", "f4": "f", "f8": "d"}
        found: int | float | bool = struct.unpack(
            order.replace("|", "<") + formats[self.code[1:]], self.data
        )[0]
        return found

    def array(self) -> "NDArray[Any]":
        """The array in numpy, row after row, in this machine's order of bytes; over ``data`` if it can.

        Raises:
            NotPlainError: a truth value other than 0 and 1, or a character beyond Unicode.
        """
        import numpy as np

        dtype, native = _dtypes(self.code)
        found = np.frombuffer(self.data, dtype) if len(self.data) else np.empty(0, dtype)
        if self.strides is None:
            found = found.reshape(self.shape)
        else:
            steps = tuple(step * dtype.itemsize for step in self.strides)
            view = np.lib.stride_tricks.as_strided(found[self.start :], self.shape, steps)
            found = np.array(view, order="C")
        if native is not dtype:
            found = found.astype(native)
        if native.kind in "bU" and found.size:
            flat = np.ascontiguousarray(found).reshape(-1)
            most = flat.view(np.uint8 if native.kind == "b" else np.uint32).max()
            if most > (1 if native.kind == "b" else LAST_CHARACTER):
                raise NotPlainError(f"an array of '{self.code}' with the value {most}")
        return found


@lru_cache
def itemsize(code: str) -> int:
    """Bytes of one value.

    Raises:
        NotPlainError: the code is not one of :data:`CODE`.
    """
    if not CODE.fullmatch(code):
        raise NotPlainError(f"an array of {code[:20]!a}")
    return int(code[2:]) * (4 if code[1] == "U" else 1)


@lru_cache
def _dtypes(code: str) -> "tuple[np.dtype[Any], np.dtype[Any]]":
    """numpy's type, and the same in this machine's order of bytes."""
    import numpy as np

    dtype = np.dtype(code)
    return dtype, dtype if dtype.isnative else dtype.newbyteorder("=")


def cells(shape: Sequence[int]) -> int:
    """Values in an array of this shape.

    Raises:
        NotPlainError: the shape is impossible, or has too many rows without values.
    """
    count = filled = 1
    for size in shape[: NDIM + 1]:
        if type(size) is not int or size < 0:
            raise NotPlainError("an array of impossible shape")
        count *= size
        filled *= size or 1
    if len(shape) > NDIM or (not count and filled > EMPTY):
        raise NotPlainError("an array of impossible shape")
    return count
