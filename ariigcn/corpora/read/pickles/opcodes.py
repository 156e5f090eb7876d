"""The opcodes of pickles that build data, and no others; nothing here calls what a file names.

A name in a pickle becomes a :class:`Symbol`, which does nothing. What the file wants done with it goes
to an :class:`Actions`, which knows the few requests of honest data. The opcodes are described in
Python's ``pickletools`` module.
"""

import re
import struct
from collections.abc import Callable
from typing import Any, Protocol

from ariigcn.core.plain import key
from ariigcn.corpora.read.pickles.values import (
    DamagedError,
    RefusedError,
    Symbol,
    from_bytes,
    integer,
    paired,
    real,
    shown,
    unquoted,
)

LAST_PROTOCOL = 5
U1, U2, U4, U8, I4 = (struct.Struct(f"<{code}") for code in "BHIQi")
F8 = struct.Struct(">d")
STOP, BININT1, BINGET, MEMOIZE = b".Kh\x94"
RUN = re.compile(rb"(?:K.){1,1024}", re.DOTALL)


Opcode = Callable[["Decoder", int], int]


class Actions(Protocol):
    """What a pickle's names and requests come to."""

    def symbol(self, module: str, name: str) -> Symbol:
        """The stand-in of a known name; :class:`RefusedError`: it is none."""

    def make(self, symbol: Symbol, arguments: tuple[Any, ...]) -> Any:
        """What a known name gives for arguments."""

    def fill(self, target: Any, state: Any) -> None:
        """Complete what :meth:`make` gave."""


class Decoder:
    """Decodes one pickle.

    Every opcode is a method that takes where its argument begins and gives where that has ended.

    Args:
        data: bytes that hold it.
        actions: what names and requests come to.
        at: where it begins; after :meth:`run`, where it ended.
        outside: whether a reference to an object outside the file stands for itself, as torch has it.
    """

    __slots__ = ("_actions", "_data", "_marks", "_memo", "_outside", "_stack", "at")

    def __init__(self, data: bytes, actions: Actions, at: int = 0, outside: bool = False) -> None:
        self._data, self._actions, self.at, self._outside = data, actions, at, outside
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """The pickle's data.

        Raises:
            RefusedError: it asks for what data has no need of.
            DamagedError: it is cut short or no pickle.
            NotPlainError: it has keys or arrays that are none.
        """
        data, memo, opcodes, at = self._data, self._memo, OPCODES, self.at
        try:
            while (code := data[at]) != STOP:
                # Half of all opcodes are these two: they are spared the call.
                if code == MEMOIZE:
                    memo[len(memo)] = self._stack[-1]
                    at += 1
                elif code == BINGET:
                    self._stack.append(memo[data[at + 1]])
                    at += 2
                else:
                    at = opcodes[code](self, at + 1)
            self.at = at + 1
            return self._stack.pop()
        except (IndexError, KeyError, struct.error, UnicodeError) as error:
            raise DamagedError(f"it breaks off or makes no sense at byte {at}") from error

    def _take(self, at: int, count: int) -> bytes:
        if count < 0 or at + count > len(self._data):
            raise DamagedError(f"{count} bytes are due at byte {at} of {len(self._data)}")
        return self._data[at : at + count]

    def _line(self, at: int) -> tuple[bytes, int]:
        end = self._data.find(b"\n", at)
        if end < 0:
            raise DamagedError(f"a line at byte {at} does not end")
        return self._data[at:end], end + 1

    def _popped(self) -> list[Any]:
        """Everything since the last mark."""
        items, self._stack = self._stack, self._marks.pop()
        return items

    def _top(self, kind: type) -> Any:
        top = self._stack[-1]
        if type(top) is not kind:
            raise RefusedError(f"change a {type(top).__name__} as if it were a {kind.__name__}")
        return top

    # Containers.

    def _mark(self, at: int) -> int:
        self._marks.append(self._stack)
        self._stack = []
        return at

    def _pop(self, at: int) -> int:
        if self._stack:
            self._stack.pop()
        else:
            self._popped()
        return at

    def _pop_mark(self, at: int) -> int:
        self._popped()
        return at

    def _dup(self, at: int) -> int:
        self._stack.append(self._stack[-1])
        return at

    def _append(self, at: int) -> int:
        item = self._stack.pop()
        self._top(list).append(item)
        return at

    def _appends(self, at: int) -> int:
        items = self._popped()
        self._top(list).extend(items)
        return at

    def _additems(self, at: int) -> int:
        items = self._popped()
        self._top(set).update(map(key, items))
        return at

    def _setitem(self, at: int) -> int:
        value, name = self._stack.pop(), self._stack.pop()
        self._top(dict)[key(name)] = value
        return at

    def _setitems(self, at: int) -> int:
        items = self._popped()
        self._top(dict).update(paired(items))
        return at

    def _list(self, at: int) -> int:
        items = self._popped()
        self._stack.append(items)
        return at

    def _tuple(self, at: int) -> int:
        items = self._popped()
        self._stack.append(tuple(items))
        return at

    def _dict(self, at: int) -> int:
        items = self._popped()
        self._stack.append(paired(items))
        return at

    def _frozenset(self, at: int) -> int:
        items = self._popped()
        self._stack.append(frozenset(map(key, items)))
        return at

    def _tuple1(self, at: int) -> int:
        self._stack[-1] = (self._stack[-1],)
        return at

    def _tuple2(self, at: int) -> int:
        second = self._stack.pop()
        self._stack[-1] = (self._stack[-1], second)
        return at

    def _tuple3(self, at: int) -> int:
        third, second = self._stack.pop(), self._stack.pop()
        self._stack[-1] = (self._stack[-1], second, third)
        return at

    # What is named again.

    def _binput(self, at: int) -> int:
        self._memo[self._data[at]] = self._stack[-1]
        return at + 1

    def _long_binput(self, at: int) -> int:
        self._memo[U4.unpack_from(self._data, at)[0]] = self._stack[-1]
        return at + 4

    def _put(self, at: int) -> int:
        line, at = self._line(at)
        self._memo[integer(line)] = self._stack[-1]
        return at

    def _long_binget(self, at: int) -> int:
        self._stack.append(self._memo[U4.unpack_from(self._data, at)[0]])
        return at + 4

    def _get(self, at: int) -> int:
        line, at = self._line(at)
        self._stack.append(self._memo[integer(line)])
        return at

    # What is asked for.

    def _global(self, at: int) -> int:
        module, at = self._line(at)
        name, at = self._line(at)
        self._stack.append(self._actions.symbol(module.decode(), name.decode()))
        return at

    def _stack_global(self, at: int) -> int:
        name, module = self._stack.pop(), self._stack.pop()
        if type(name) is not str or type(module) is not str:
            raise RefusedError("call what is no name")
        self._stack.append(self._actions.symbol(module, name))
        return at

    def _reduce(self, at: int) -> int:
        arguments, symbol = self._stack.pop(), self._stack.pop()
        if type(symbol) is not Symbol or type(arguments) is not tuple:
            raise RefusedError(f"call a {type(symbol).__name__}")
        self._stack.append(self._actions.make(symbol, arguments))
        return at

    def _build(self, at: int) -> int:
        state = self._stack.pop()
        self._actions.fill(self._stack[-1], state)
        return at

    def _inst(self, at: int) -> int:
        module, at = self._line(at)
        name, at = self._line(at)
        raise RefusedError(f"call {shown(f'{module.decode()}.{name.decode()}')}")

    def _binpersid(self, at: int) -> int:
        if not self._outside:
            raise RefusedError("fetch an object outside the file")
        return at

    # The frame, and values.

    def _proto(self, at: int) -> int:
        if self._data[at] > LAST_PROTOCOL:
            raise DamagedError("its protocol is newer than any known")
        return at + 1

    def _frame(self, at: int) -> int:
        (size,) = U8.unpack_from(self._data, at)
        self._take(at + U8.size, size if size <= len(self._data) else -1)
        return at + U8.size

    def _binint1(self, at: int) -> int:
        data = self._data
        if data[at + 1] == BININT1:  # numbers in a row, as in a speaker's place among nine
            end = RUN.match(data, at - 1).end()  # type: ignore[union-attr]
            self._stack.extend(data[at:end:2])
            return end
        self._stack.append(data[at])
        return at + 1

    def _int(self, at: int) -> int:
        line, at = self._line(at)
        self._stack.append(line == b"01" if line in (b"00", b"01") else integer(line))
        return at

    def _long(self, at: int) -> int:
        line, at = self._line(at)
        self._stack.append(integer(line.rstrip(b"L")))
        return at

    def _float(self, at: int) -> int:
        line, at = self._line(at)
        self._stack.append(real(line))
        return at

    def _string(self, at: int) -> int:
        line, at = self._line(at)
        self._stack.append(unquoted(line))
        return at

    def _unicode(self, at: int) -> int:
        line, at = self._line(at)
        self._stack.append(line.decode("raw-unicode-escape"))
        return at


def _constant(value: Any) -> Opcode:
    def push(decoder: Decoder, at: int) -> int:
        decoder._stack.append(value)
        return at

    return push


def _fresh(kind: Callable[[], Any]) -> Opcode:
    def push(decoder: Decoder, at: int) -> int:
        decoder._stack.append(kind())
        return at

    return push


def _number(number: struct.Struct) -> Opcode:
    def push(decoder: Decoder, at: int) -> int:
        decoder._stack.append(number.unpack_from(decoder._data, at)[0])
        return at + number.size

    return push


def _counted(number: struct.Struct, made: Callable[[bytes], Any] | None = None) -> Opcode:
    """Bytes that stand behind their own number."""

    def push(decoder: Decoder, at: int) -> int:
        (count,) = number.unpack_from(decoder._data, at)
        data = decoder._take(at + number.size, count)
        decoder._stack.append(made(data) if made else data)
        return at + number.size + count

    return push


def _refused(what: str) -> Opcode:
    def refuse(_: Decoder, at: int) -> int:
        raise RefusedError(what)

    return refuse


def _unknown(_: Decoder, at: int) -> int:
    raise DamagedError(f"byte {at - 1} is no instruction of a pickle")


_TEXT: Callable[[bytes], str] = bytes.decode  # UTF-8, strictly
_BY_NAME: dict[bytes, Opcode] = {
    b"(": Decoder._mark,
    b"0": Decoder._pop,
    b"1": Decoder._pop_mark,
    b"2": Decoder._dup,
    b"N": _constant(None),
    b"\x88": _constant(True),
    b"\x89": _constant(False),
    b"I": Decoder._int,
    b"L": Decoder._long,
    b"F": Decoder._float,
    b"J": _number(I4),
    b"K": Decoder._binint1,
    b"M": _number(U2),
    b"G": _number(F8),
    b"\x8a": _counted(U1, from_bytes),
    b"\x8b": _counted(I4, from_bytes),
    b"S": Decoder._string,
    b"T": _counted(I4, lambda data: data.decode("latin-1")),
    b"U": _counted(U1, lambda data: data.decode("latin-1")),
    b"V": Decoder._unicode,
    b"\x8c": _counted(U1, _TEXT),
    b"X": _counted(U4, _TEXT),
    b"\x8d": _counted(U8, _TEXT),
    b"C": _counted(U1),
    b"B": _counted(U4),
    b"\x8e": _counted(U8),
    b"\x96": _counted(U8, bytearray),
    b"]": _fresh(list),
    b"a": Decoder._append,
    b"e": Decoder._appends,
    b"l": Decoder._list,
    b")": _constant(()),
    b"t": Decoder._tuple,
    b"\x85": Decoder._tuple1,
    b"\x86": Decoder._tuple2,
    b"\x87": Decoder._tuple3,
    b"}": _fresh(dict),
    b"d": Decoder._dict,
    b"s": Decoder._setitem,
    b"u": Decoder._setitems,
    b"\x8f": _fresh(set),
    b"\x90": Decoder._additems,
    b"\x91": Decoder._frozenset,
    b"p": Decoder._put,
    b"q": Decoder._binput,
    b"r": Decoder._long_binput,
    b"g": Decoder._get,
    b"j": Decoder._long_binget,
    b"c": Decoder._global,
    b"\x93": Decoder._stack_global,
    b"R": Decoder._reduce,
    b"b": Decoder._build,
    b"i": Decoder._inst,
    b"o": _refused("make an object of a class"),
    b"\x81": _refused("make an object of a class"),
    b"\x92": _refused("make an object of a class"),
    b"\x82": _refused("call an extension of Python's registry"),
    b"\x83": _refused("call an extension of Python's registry"),
    b"\x84": _refused("call an extension of Python's registry"),
    b"P": _refused("fetch an object outside the file"),
    b"Q": Decoder._binpersid,
    b"\x97": _refused("fetch a buffer outside the file"),
    b"\x98": _refused("fetch a buffer outside the file"),
    b"\x80": Decoder._proto,
    b"\x95": Decoder._frame,
}
OPCODES: list[Opcode] = [_BY_NAME.get(bytes([code]), _unknown) for code in range(256)]
