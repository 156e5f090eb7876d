"""Plain data between two processes of which one is not trusted: JSON, and the bytes of arrays beside it.

Lists, tuples, dictionaries, sets, text, bytes, numbers, None and numeric arrays are all there is: what
is read can be wrong, but nothing in it names code, and no array reaches beyond its bytes.
"""

import json
import re
import struct
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEPTH = 64  # containers in one another; feature files have five
ALIGNED = 16  # bytes: every array starts at a multiple, as numpy likes it
ITEM = 16  # what one value counts for, in bytes: its place in a list, or its digits
CONTAINER = 64  # and a container, with what tells its kind
EMPTY = 65_536  # an array without values may have as many rows of nothing
NDIM = 32
# Bool, integers, floats, complex, bytes and text; with their order of bytes. No objects, no records.
CODE = re.compile(r"[|](b1|[iu]1|S[1-9][0-9]{0,6})|[<>]([iu][248]|f[248]|c(8|16)|U[1-9][0-9]{0,6})")
UNFOLDS = "references that unfold to far more than its own size"
NESTED = f"containers nested more than {DEPTH} deep, or in themselves"
LAST_CHARACTER = 0x10FFFF
Piece = bytes | bytearray | memoryview
_SCALARS = frozenset({str, int, float, bool, type(None)})
_KEYS = _SCALARS | {bytes}


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
            NotPlainError: truth values or characters that there are none of.
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


class Later:
    """A place for a value that is known after the place itself."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Any = NotImplemented


@lru_cache
def itemsize(code: str) -> int:
    """Bytes of one value.

    Raises:
        NotPlainError: the code is none of :data:`CODE`.
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
        NotPlainError: the shape is none, or endless rows of nothing.
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


def key(value: Any) -> Any:
    """What may be a key or a member of a set: text, bytes, numbers, None.

    Others are refused: hashes of tuples and of long numbers can be made to collide, and a dictionary
    of a few megabytes then takes hours.

    Raises:
        NotPlainError: anything else.
    """
    if type(value) is RawArray:
        value = value.item()
    if type(value) not in _KEYS:
        raise NotPlainError(f"a {type(value).__name__} as a key")
    return value


def encode(value: Any, most: int) -> tuple[bytes, list[Piece]]:
    """Data as JSON and pieces, each of which starts at a multiple of :data:`ALIGNED` bytes.

    Args:
        value: builtin containers and scalars, :class:`RawArray`, :class:`Later` of these.
        most: bytes that it may unfold to; what is named several times counts as often.

    Raises:
        NotPlainError: other kinds, more than ``most``, nested too deeply or within itself.
    """
    writer = _Writer(most)
    form = writer.form(value, 0)
    text = json.dumps(form, ensure_ascii=False, check_circular=False, separators=(",", ":"))
    try:
        found = text.encode()
    except UnicodeEncodeError:
        raise NotPlainError("text with half a character") from None
    if len(found) + writer.ends > most:
        raise NotPlainError(UNFOLDS)
    return found, writer.pieces


class _Writer:
    def __init__(self, most: int) -> None:
        self._left = most
        self.ends = 0
        self._deepest = 0
        self._known: dict[int, tuple[Any, int, int]] = {}
        self._places: dict[int, int] = {}
        self.pieces: list[Piece] = []

    def form(self, value: Any, depth: int) -> Any:
        """The value in JSON's own kinds: an object of one key is what JSON lacks."""
        kind = type(value)
        if kind in _SCALARS:
            self._spend(ITEM + (len(value) if kind is str else 0))
            return value
        if kind is RawArray:
            return {"n" if value.scalar else "a": self._array(value)}
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = self._measured(value, kind, depth)
        else:
            # Lists that name one another twice, a hundred levels of them, are refused here at once.
            self._spend(known[1])
        form, _, height = known
        self._deepest = max(self._deepest, depth + height)
        if self._deepest > DEPTH:
            raise NotPlainError(NESTED)
        return form

    def _measured(self, value: Any, kind: type, depth: int) -> tuple[Any, int, int]:
        """A container's form, what it costs, and the containers in one another within it."""
        if depth > DEPTH:
            raise NotPlainError(NESTED)
        left, deepest = self._left, self._deepest
        self._deepest = depth
        if kind is list:
            form: Any = self._items(value, depth)
        elif kind is Later and value.value is not NotImplemented:
            form = self.form(value.value, depth + 1)
        else:
            form = self._tagged(value, kind, depth)
        height = self._deepest - depth
        self._deepest = max(deepest, self._deepest)
        return form, left - self._left, height

    def _tagged(self, value: Any, kind: type, depth: int) -> dict[str, Any]:
        self._spend(CONTAINER)
        if kind is dict:
            return {"d": [self._items(list(value), depth), self._items(value.values(), depth)]}
        if kind in (tuple, set, frozenset):
            return {kind.__name__[0]: self._items(value, depth)}
        if kind in (bytes, bytearray):
            self._spend(2 * len(value))
            return {"b" if kind is bytes else "B": value.decode("latin-1")}
        if kind is complex:
            return {"c": [value.real, value.imag]}
        raise NotPlainError(f"a {kind.__name__} that is no data")

    def _items(self, values: Iterable[Any], depth: int) -> list[Any]:
        items = list(values)
        self._spend(ITEM * (1 + len(items)))
        kinds = set(map(type, items))
        if kinds <= _SCALARS:
            if str in kinds:
                self._spend(sum(len(item) for item in items if type(item) is str))
            return items
        return [self.form(item, depth + 1) for item in items]

    def _array(self, array: RawArray) -> list[Any]:
        self._spend(CONTAINER + array.nbytes)
        place = self._places.get(id(array.data))
        if place is None:
            place = self._places[id(array.data)] = self.ends
            self.pieces.append(array.data)
            self.ends += len(array.data) + -len(array.data) % ALIGNED
        return [array.code, array.shape, place, len(array.data), array.start, array.strides]

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise NotPlainError(UNFOLDS)


def decode(text: bytes | bytearray, pieces: memoryview) -> Any:
    """What :func:`encode` was given, with numpy's arrays; they lie over ``pieces``.

    Raises:
        ValueError, TypeError, RecursionError: it is none of :func:`encode`'s.
    """

    def array(told: Any, scalar: bool = False) -> Any:
        code, shape, place, size, start, strides = told
        if not 0 <= place <= place + size <= len(pieces):
            raise NotPlainError("an array beyond the end")
        steps = None if strides is None else tuple(strides)
        data = pieces[place : place + size]
        raw = RawArray(code, tuple(shape), data, start=start, strides=steps, scalar=scalar)
        found = raw.array()
        return found[()] if scalar else found

    kinds: dict[str, Callable[[Any], Any]] = {
        "a": array,
        "n": lambda told: array(told, scalar=True),
        "t": tuple,
        "d": lambda told: dict(zip(map(key, told[0]), told[1], strict=True)),
        "s": lambda told: set(map(key, told)),
        "f": lambda told: frozenset(map(key, told)),
        "b": lambda told: told.encode("latin-1"),
        "B": lambda told: bytearray(told.encode("latin-1")),
        "c": lambda told: complex(*told),
    }

    def made(told: dict[str, Any]) -> Any:
        ((kind, value),) = told.items()
        return kinds[kind](value)

    return json.loads(text, object_hook=made)
