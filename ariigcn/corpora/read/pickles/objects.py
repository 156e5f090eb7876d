"""What honest pickles ask for: containers, numpy's arrays, types and scalars, torch's tensors.

Our own code answers each request. Neither numpy nor torch takes part: a file can alter nothing of theirs.
"""

from typing import Any

from ariigcn.core.plain import ITEM, Later, key
from ariigcn.core.raw_array import CODE, NotPlainError, RawArray, cells
from ariigcn.corpora.read.pickles.tensors import Storage, storage
from ariigcn.corpora.read.pickles.values import RefusedError, Symbol, shown

_SYMBOLS = {
    *(f"builtins.{name}" for name in ("list", "dict", "tuple", "int", "float", "str", "bool")),
    *(f"builtins.{name}" for name in ("set", "frozenset", "complex", "bytes", "bytearray")),
    *("collections.OrderedDict", "collections.defaultdict", "_codecs.encode"),
    *("numpy.ndarray", "numpy.dtype", "numpy.core.multiarray._reconstruct"),
    *("numpy.core.multiarray.scalar", "numpy.core.numeric._frombuffer"),
    *("torch._utils._rebuild_tensor_v2", "torch.storage._load_from_bytes"),
}
# Older and newer names of the same.
_MODULES = {
    "__builtin__": "builtins",
    "numpy._core.multiarray": "numpy.core.multiarray",
    "numpy._core.numeric": "numpy.core.numeric",
}
_OBJECTS = "O8"
_STATE = 3  # version of the state of numpy's types, since numpy 1.3


class Dtype:
    """The type of an array's values: its code at first, its order of bytes by :meth:`fill`."""

    __slots__ = ("_filled", "code", "kind")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.code = kind if kind == _OBJECTS else self._checked("<")
        self._filled = False

    def _checked(self, order: str) -> str:
        one_byte = self.kind in ("b1", "i1", "u1") or self.kind[:1] == "S"
        code = f"{'|' if one_byte else order}{self.kind}"
        if not CODE.fullmatch(code):
            raise NotPlainError(f"an array of '{shown(self.kind)}'")
        return code

    def fill(self, state: Any) -> None:
        """Take numpy's state of a type.

        Raises:
            RefusedError: numpy would not write this state, or the type has one already.
        """
        match state:
            case (int(version), str(order), None, None, None, int(size), int(aligned), int(flags)):
                text = self.kind[0] in "SU"
                width = int(self.kind[1:]) * (4 if self.kind[0] == "U" else 1)
                sizes = (width, 4 if self.kind[0] == "U" else 1) if text else (-1, -1)
                # numpy's own flags of these kinds; others have let it follow forged pointers.
                expected = {"U": 8, "O": 63}.get(self.kind[0], 0)
                if (version, size, aligned, flags) == (
                    _STATE,
                    *sizes,
                    expected,
                ) and not self._filled:
                    self._filled = True
                    if order in ("<", ">") and self.kind != _OBJECTS:
                        self.code = self._checked(order)
                        return
                    if order == "|":
                        return
        raise RefusedError(f"make a type '{shown(self.kind)}' that numpy would not")


class Objects:
    """See :class:`~ariigcn.corpora.read.pickles.opcodes.Actions`.

    Args:
        room: bytes that requests may copy; a short file could ask for a long text again and again.
    """

    def __init__(self, room: int) -> None:
        self._room = room

    def symbol(self, module: str, name: str) -> Symbol:
        """The stand-in of a name that honest files hold.

        Raises:
            RefusedError: any other name.
        """
        full = f"{_MODULES.get(module, module)}.{name}"
        if full not in _SYMBOLS:
            raise RefusedError(f"call {shown(f'{module}.{name}')}")
        return Symbol(full)

    def make(self, symbol: Symbol, arguments: tuple[Any, ...]) -> Any:
        """Answer a request."""
        kind, _, name = symbol.name.partition(".")
        if kind == "numpy":
            return self._numpy(name, arguments)
        if kind == "torch":
            return self._torch(name, arguments)
        for argument in arguments:
            if isinstance(argument, (str, bytes, list)):
                self._spend(len(argument) * (ITEM if isinstance(argument, list) else 1))
        return _container(name, arguments)

    def fill(self, target: Any, state: Any) -> None:
        """Complete an array or a type.

        Raises:
            RefusedError: it is neither, or is complete.
        """
        if type(target) is Dtype:
            target.fill(state)
        elif type(target) is Later and target.value is NotImplemented:
            target.value = self._array(state)
        else:
            what = target.name if type(target) is Symbol else f"a {type(target).__name__}"
            raise RefusedError(f"change {what}")

    def _spend(self, count: int) -> None:
        self._room -= count
        if self._room < 0:
            raise NotPlainError("requests that copy far more than its own size")

    def _numpy(self, name: str, arguments: tuple[Any, ...]) -> Any:
        match name, arguments:
            case "core.multiarray._reconstruct", (Symbol(name="numpy.ndarray"), (0,), b"b" | "b"):
                return Later()
            case "dtype", (str(kind), 0, 1):
                return Dtype(kind)
            case "core.multiarray.scalar", (Dtype(kind=kind, code=code), data) if kind != _OBJECTS:
                return RawArray(code, (), self._bytes(data), scalar=True)
            case "core.numeric._frombuffer", (data, Dtype(code=code), tuple(shape), "C" | "F" as o):
                return self._raw(code, shape, data, by_column=o == "F")
        raise RefusedError(f"call numpy.{name} with what it does not take")

    def _array(self, state: Any) -> RawArray | list[Any]:
        """Numpy's state of an array: version, shape, type, whether column after column, values."""
        match state if type(state) is tuple else None:
            case (int(), tuple(shape), Dtype(kind=kind), int(), list(data)) if kind == _OBJECTS:
                self._spend(ITEM * len(data))
                return _nested(shape, data)
            case (int(), tuple(shape), Dtype(kind=kind, code=code), int(by_column), data) if (
                kind != _OBJECTS and isinstance(data, bytes | str)
            ):
                return self._raw(code, shape, data, bool(by_column))
        raise RefusedError("make an array of what is no array's state")

    def _raw(self, code: str, shape: tuple[Any, ...], data: Any, by_column: bool) -> RawArray:
        cells(shape)
        found = self._bytes(data)
        if not by_column or len(shape) < 2:
            return RawArray(code, shape, found)
        steps, step = [], 1
        for size in shape:
            steps.append(step)
            step *= size
        return RawArray(code, shape, found, strides=tuple(steps))

    def _bytes(self, data: Any) -> bytes | bytearray:
        """An array's bytes; Python 2 has them as text."""
        if type(data) is str:
            self._spend(len(data))
            return data.encode("latin-1")
        if type(data) not in (bytes, bytearray):
            raise RefusedError(f"make an array of a {type(data).__name__}")
        return data

    def _torch(self, name: str, arguments: tuple[Any, ...]) -> Any:
        match name, arguments:
            case "storage._load_from_bytes", (bytes(data),):
                self._spend(len(data))
                return storage(data)
            case (
                "_utils._rebuild_tensor_v2",
                (Storage(code=code, data=data), int(start), tuple(shape), tuple(steps), *_),
            ):
                return RawArray(code, shape, data, start=start, strides=steps)
        raise RefusedError(f"call torch.{name} with what it does not take")


def _container(name: str, arguments: tuple[Any, ...]) -> Any:
    """One of Python's own, as older protocols ask for it."""
    made: Any = None
    match name, arguments:
        case "encode", (str(text), "latin1" | "latin-1" as codec):
            made = text.encode(codec)
        case "encode", (str(), str(codec)):
            raise RefusedError(f"call _codecs.encode with '{shown(codec)}'")
        case "bytes", ():
            made = b""
        case "bytearray", () | (bytes(),):
            made = bytearray(*arguments)
        case "bytearray", (str(text), "latin-1"):
            made = bytearray(text, "latin-1")
        case "complex", (float(), float()):
            made = complex(*arguments)
        case "set" | "frozenset", () | ([*_],):
            members = set(map(key, *arguments)) if arguments else set()
            made = members if name == "set" else frozenset(members)
        case "OrderedDict", () | ([*_],):
            made = {key(name): value for name, value in map(_pair, *arguments or ([],))}
        case "defaultdict", () | (Symbol() | None,):
            made = {}
        case _:
            raise RefusedError(f"call {name} with what it does not take")
    return made


def _pair(pair: Any) -> tuple[Any, Any]:
    if type(pair) not in (list, tuple) or len(pair) != 2:
        raise RefusedError("make a dictionary of what are no pairs")
    return pair[0], pair[1]


def _nested(shape: tuple[Any, ...], items: list[Any]) -> Any:
    """Objects of an array as lists in lists."""
    if cells(shape) != len(items):
        raise NotPlainError(f"an array of shape {shape} with {len(items)} objects")
    if len(shape) == 1:
        return items
    if not shape:
        return items[0]
    size = len(items) // max(shape[0], 1)
    return [_nested(shape[1:], items[i * size : (i + 1) * size]) for i in range(shape[0])]
