"""The opcodes of pickles that build data, as a table; nothing here calls what a file names.

A name in a pickle becomes a :class:`Symbol`, which does nothing. What the file wants done with it goes
to an :class:`Actions`, which knows the few requests of honest data. Python's ``pickletools`` module
describes every opcode.
"""

import re
import struct
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from ariigcn.core.plain import key
from ariigcn.corpora.read.pickles.arguments import NUMBER_LINE, VALUES, Read, frame, names, number
from ariigcn.corpora.read.pickles.values import DamagedError, RefusedError, Symbol, paired, shown

LAST_PROTOCOL = 5
STOP, BININT1, BINGET, BINPUT, LONG_BINPUT, MEMOIZE = b".Khqr\x94"
_U4 = struct.Struct("<I")
RUN = re.compile(rb"(?:K.){1,1024}", re.DOTALL)


class Actions(Protocol):
    """What a pickle's names and requests come to."""

    def symbol(self, module: str, name: str) -> Symbol:
        """The stand-in of a known name; :class:`RefusedError`: it is unknown."""

    def make(self, symbol: Symbol, arguments: tuple[Any, ...]) -> Any:
        """What a known name gives for arguments."""

    def fill(self, target: Any, state: Any) -> None:
        """Complete what :meth:`make` gave."""


class Decoder:
    """Decodes one pickle.

    Args:
        data: bytes that hold it.
        actions: what names and requests come to.
        at: the byte where it begins; after :meth:`run`, where it ended.
        outside: whether a reference to an object outside the file stands for itself, as torch has it.
    """

    __slots__ = ("_actions", "_data", "_marks", "_memo", "_outside", "at", "stack")

    def __init__(self, data: bytes, actions: Actions, at: int = 0, outside: bool = False) -> None:
        self._data, self._actions, self.at, self._outside = data, actions, at, outside
        self.stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """The pickle's data.

        Raises:
            RefusedError: it asks for what data has no need of.
            DamagedError: it is cut short or no pickle.
            NotPlainError: a key or an array is of a kind that is not allowed.
        """
        data, memo, values, moves, at = self._data, self._memo, PUSHED, MOVES, self.at
        try:
            while (code := data[at]) != STOP:
                if read := values[code]:
                    value, at = read(data, at + 1)
                    self.stack.append(value)
                elif move := moves[code]:
                    move(self)
                    at += 1
                # The next five are frequent and are spared the calls.
                elif code == MEMOIZE:
                    memo[len(memo)] = self.stack[-1]
                    at += 1
                elif code == BINGET:
                    self.stack.append(memo[data[at + 1]])
                    at += 2
                elif code == BINPUT:
                    memo[data[at + 1]] = self.stack[-1]
                    at += 2
                elif code == BININT1:
                    at = self._small_numbers(at)
                elif code == LONG_BINPUT:
                    memo[_U4.unpack_from(data, at + 1)[0]] = self.stack[-1]
                    at += 5
                else:
                    read, act = OTHERS[code]
                    argument, at = read(data, at + 1)
                    act(self, argument)
            self.at = at + 1
            return self.stack.pop()
        except (IndexError, KeyError, struct.error, UnicodeError) as error:
            raise DamagedError(f"it breaks off or makes no sense at byte {at}") from error

    def _small_numbers(self, at: int) -> int:
        """Numbers of one byte each; many in a row tell a speaker's place among nine."""
        data = self._data
        if data[at + 2] != BININT1:
            self.stack.append(data[at + 1])
            return at + 2
        end = RUN.match(data, at).end()  # type: ignore[union-attr]
        self.stack.extend(data[at + 1 : end : 2])
        return end

    def popped(self) -> list[Any]:
        """Everything since the last mark, taken off the stack."""
        items, self.stack = self.stack, self._marks.pop()
        return items

    def last(self, count: int) -> tuple[Any, ...]:
        """The last values, taken off the stack."""
        items = tuple(self.stack[-count:])
        if len(items) < count:
            raise IndexError
        del self.stack[-count:]
        return items

    def push(self, value: Any) -> None:
        """Put a value on the stack; what it is made of may be taken off before."""
        self.stack.append(value)

    def top(self, kind: type) -> Any:
        """The container that an opcode changes.

        Raises:
            RefusedError: it is not of this kind.
        """
        top = self.stack[-1]
        if type(top) is not kind:
            raise RefusedError(f"change a {type(top).__name__} as if it were a {kind.__name__}")
        return top

    def mark(self) -> None:
        """Begin a container."""
        self._marks.append(self.stack)
        self.stack = []

    def drop(self) -> None:
        """Drop the last value or, where a mark is last, the mark."""
        self.stack.pop() if self.stack else self.popped()

    def append(self) -> None:
        """A list takes the last value."""
        item = self.stack.pop()
        self.top(list).append(item)

    def extend(self) -> None:
        """A list takes everything since the mark."""
        items = self.popped()
        self.top(list).extend(items)

    def add(self) -> None:
        """A set takes everything since the mark."""
        items = self.popped()
        self.top(set).update(map(key, items))

    def set_item(self) -> None:
        """A dictionary takes a key and its value."""
        value, name = self.stack.pop(), self.stack.pop()
        self.top(dict)[key(name)] = value

    def set_items(self) -> None:
        """A dictionary takes the keys and values since the mark."""
        items = self.popped()
        self.top(dict).update(paired(items))

    def put(self, number: int) -> None:
        """Note the last value under a number."""
        self._memo[number] = self.stack[-1]

    def get(self, number: int) -> None:
        """Take up what was noted under a number."""
        self.stack.append(self._memo[number])

    def name(self, names: tuple[Any, ...]) -> None:
        """A module, and a name in it.

        Raises:
            RefusedError: one of them is no text.
        """
        if not all(type(name) is str for name in names):
            raise RefusedError("call what is no name")
        self.stack.append(self._actions.symbol(*names))

    def make(self) -> None:
        """Ask for what a name gives for arguments.

        Raises:
            RefusedError: these are no name and arguments.
        """
        arguments, symbol = self.stack.pop(), self.stack.pop()
        if type(symbol) is not Symbol or type(arguments) is not tuple:
            raise RefusedError(f"call a {type(symbol).__name__}")
        self.stack.append(self._actions.make(symbol, arguments))

    def fill(self) -> None:
        """Complete what was asked for."""
        state = self.stack.pop()
        self._actions.fill(self.stack[-1], state)

    def refer(self) -> None:
        """Refer to an object outside the file, for which its key stands.

        Raises:
            RefusedError: the file may not refer to any.
        """
        if not self._outside:
            raise RefusedError("fetch an object outside the file")


def _check_protocol(_: Decoder, protocol: int) -> None:
    if protocol > LAST_PROTOCOL:
        raise DamagedError("its protocol is newer than any known")


def _refuse_class(_: Decoder, names: tuple[str, str]) -> NoReturn:
    raise RefusedError(f"call {shown('.'.join(names))}")


def _refuse(what: str) -> Callable[[Decoder], NoReturn]:
    def move(_: Decoder) -> NoReturn:
        raise RefusedError(what)

    return move


# Opcodes without an argument.
_MOVES: dict[bytes, Callable[[Decoder], Any]] = {
    b"N": lambda decoder: decoder.stack.append(None),
    b"\x88": lambda decoder: decoder.stack.append(True),
    b"\x89": lambda decoder: decoder.stack.append(False),
    b"(": Decoder.mark,
    b"0": Decoder.drop,
    b"1": Decoder.popped,
    b"2": lambda decoder: decoder.stack.append(decoder.stack[-1]),
    b"]": lambda decoder: decoder.stack.append([]),
    b"a": Decoder.append,
    b"e": Decoder.extend,
    b"l": lambda decoder: decoder.push(decoder.popped()),
    b")": lambda decoder: decoder.stack.append(()),
    b"t": lambda decoder: decoder.push(tuple(decoder.popped())),
    b"\x85": lambda decoder: decoder.stack.append((decoder.stack.pop(),)),
    b"\x86": lambda decoder: decoder.push(decoder.last(2)),
    b"\x87": lambda decoder: decoder.push(decoder.last(3)),
    b"}": lambda decoder: decoder.stack.append({}),
    b"d": lambda decoder: decoder.push(paired(decoder.popped())),
    b"s": Decoder.set_item,
    b"u": Decoder.set_items,
    b"\x8f": lambda decoder: decoder.stack.append(set()),
    b"\x90": Decoder.add,
    b"\x91": lambda decoder: decoder.push(frozenset(map(key, decoder.popped()))),
    b"\x93": lambda decoder: decoder.name(decoder.last(2)),
    b"R": Decoder.make,
    b"b": Decoder.fill,
    b"Q": Decoder.refer,
    b"P": _refuse("fetch an object outside the file"),
    **dict.fromkeys((b"\x97", b"\x98"), _refuse("fetch a buffer outside the file")),
    **dict.fromkeys((b"o", b"\x81", b"\x92"), _refuse("make an object of a class")),
    **dict.fromkeys((b"\x82", b"\x83", b"\x84"), _refuse("call an extension of Python's registry")),
}
# The others: how the argument is read, and what is done with it.
_OTHERS: dict[bytes, tuple[Read, Callable[[Decoder, Any], None]]] = {
    b"\x80": (number("<B"), _check_protocol),
    b"\x95": (frame, lambda decoder, _: None),
    b"p": (NUMBER_LINE, Decoder.put),
    b"g": (NUMBER_LINE, Decoder.get),
    b"j": (number("<I"), Decoder.get),
    b"c": (names, Decoder.name),
    b"i": (names, _refuse_class),
}
PUSHED = [VALUES.get(bytes([code])) for code in range(256)]
MOVES = [_MOVES.get(bytes([code])) for code in range(256)]
OTHERS = {code[0]: other for code, other in _OTHERS.items()}
