"""Plain data between two processes of which one is not trusted: JSON, and the bytes of arrays beside it.

Lists, tuples, dictionaries, sets, text, bytes, numbers, None and numeric arrays are all there is: what
is read can be wrong, but nothing in it names code, and no array reaches beyond its bytes.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from ariigcn.core.raw_array import NotPlainError, Piece, RawArray

DEPTH = 64  # containers in one another; feature files have five
ALIGNED = 16  # bytes: every array starts at a multiple, as numpy likes it
ITEM = 16  # what one value counts for, in bytes: its place in a list, or its digits
CONTAINER = 64  # and a container, with what tells its kind
UNFOLDS = "references that unfold to far more than its own size"
NESTED = f"containers nested more than {DEPTH} deep, or in themselves"
_SCALARS = frozenset({str, int, float, bool, type(None)})
_KEYS = _SCALARS | {bytes}


class Later:
    """A place for a value that is known after the place itself."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Any = NotImplemented


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
        ValueError, TypeError, RecursionError: it was not written by :func:`encode`.
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
