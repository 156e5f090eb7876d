"""The numbers of a tensor that torch has pickled, without torch."""

import struct
from typing import Any

from ariigcn.core.raw_array import NotPlainError
from ariigcn.corpora.read.pickles.opcodes import Decoder
from ariigcn.corpora.read.pickles.values import DamagedError, RefusedError, Symbol, shown

_STORAGES = {
    f"torch.{name}Storage": code
    for name, code in {
        **{"Double": "<f8", "Float": "<f4", "Half": "<f2"},
        **{"Long": "<i8", "Int": "<i4", "Short": "<i2", "Char": "|i1", "Byte": "|u1"},
        **{"Bool": "|b1", "ComplexFloat": "<c8", "ComplexDouble": "<c16"},
    }.items()
}
# What torch.save writes first, in its form of before 1.6, which pickled tensors still have: a number
# that marks it, and its protocol.
_TORCH_HEAD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."


class Storage:
    """A torch storage: numbers in a row."""

    __slots__ = ("code", "data")

    def __init__(self, code: str, data: bytes) -> None:
        self.code, self.data = code, data


class _Kinds:
    """What a storage's own pickles may ask for: to name its kind."""

    def symbol(self, module: str, name: str) -> Symbol:
        if f"{module}.{name}" not in _STORAGES:
            raise RefusedError(f"call {shown(f'{module}.{name}')}")
        return Symbol(f"{module}.{name}")

    def make(self, symbol: Symbol, arguments: tuple[Any, ...]) -> Any:
        raise RefusedError(f"call {symbol.name}")

    def fill(self, target: Any, state: Any) -> None:
        what = target.name if type(target) is Symbol else f"a {type(target).__name__}"
        raise RefusedError(f"change {what}")


def storage(data: bytes) -> Storage:
    """The storage in the bytes that a pickled tensor holds.

    torch's own reader is not asked, not even with ``weights_only``: that restriction has been broken
    before (CVE-2025-32434), it loads the whole library, and the form is a short one: a head, three
    pickles (the machine's sizes, which storage, its key), the count, the numbers.

    Raises:
        NotPlainError: torch has not written it, or it is of a kind that is not known.
        DamagedError: it is cut short.
    """
    if not data.startswith(_TORCH_HEAD):
        raise NotPlainError("a tensor that torch.save has not written")
    decoder = Decoder(data, _Kinds(), len(_TORCH_HEAD), outside=True)
    machine, told, _ = (decoder.run() for _ in range(3))
    match machine, told:
        case {"little_endian": True}, ("storage", Symbol(name=kind), _, _, int(count), None):
            code = _STORAGES[kind]
            begin = decoder.at + 8
            size = count * int(code[2:])
            fits = 0 <= size <= len(data) - begin
            if not fits or data[decoder.at : begin] != struct.pack("<q", count):
                raise DamagedError("a tensor's storage is cut short")
            return Storage(code, data[begin : begin + size])
    raise NotPlainError("a tensor of a kind that is not known")
