"""Pickles that were made to harm: each is built opcode by opcode, and does what its name says."""

import io
import os
import pickle
import struct
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

TORCH_HEAD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
MACHINE = b"\x80\x02}q\x00X\x0d\x00\x00\x00little_endianq\x01\x88s."


class Call:
    """Pickles as a call of anything."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def by_name(module: str, name: str, argument: str) -> bytes:
    """A protocol 0 pickle that calls ``module.name(argument)``."""
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


def name(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def raw(value: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(value)) + value


def number(value: int) -> bytes:
    """As pickle writes it."""
    return pickle.dumps(value, 2)[2:-1]


def many(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def called(function: bytes, *arguments: bytes) -> bytes:
    return function + many(*arguments) + b"R"


def whole(*parts: bytes) -> bytes:
    return b"\x80\x04" + b"".join(parts) + b"."


def dtype(code: str, state: bytes | None = b"") -> bytes:
    """numpy's type; of ``state`` None: as it comes, empty: the honest one."""
    made = called(name("numpy", "dtype"), text(code), b"\x89", b"\x88")
    if state == b"":
        state = dtype_state()
    return made if state is None else made + state + b"b"


def dtype_state(
    *, order: str = "<", fields: bytes = b"NNN", size: int = -1, align: int = -1, flags: int = 0
) -> bytes:
    return many(b"K\x03", text(order), fields, number(size), number(align), number(flags))


def shape(*sizes: int) -> bytes:
    return many(*map(number, sizes))


def array(sizes: bytes, kind: bytes, values: bytes, column: bytes = b"\x89") -> bytes:
    return blank() + many(b"K\x01", sizes, kind, column, values) + b"b"


def blank(of: bytes = name("numpy", "ndarray"), *sizes: int) -> bytes:
    """An array that is to be filled."""
    made = name("numpy.core.multiarray", "_reconstruct")
    return called(made, of, shape(*sizes or (0,)), raw(b"b"))


def objects() -> bytes:
    """The honest type of objects."""
    return dtype("O8", dtype_state(order="|", flags=63))


def octets() -> bytes:
    return dtype("u1", dtype_state(order="|"))


def frombuffer(values: bytes, kind: bytes, sizes: bytes, order: str = "C") -> bytes:
    return called(name("numpy._core.numeric", "_frombuffer"), values, kind, sizes, text(order))


def scalar(kind: bytes, values: bytes) -> bytes:
    return called(name("numpy.core.multiarray", "scalar"), kind, values)


def storage(values: bytes, count: int, told: int | None = None, kind: str = "Float") -> bytes:
    """The bytes of a torch storage."""
    what = many(
        text("storage"),
        name("torch", f"{kind}Storage"),
        text("0"),
        text("cpu"),
        number(count),
        b"N",
    )
    counted = struct.pack("<q", count if told is None else told)
    return (
        TORCH_HEAD
        + MACHINE
        + b"\x80\x02"
        + what
        + b"Q.\x80\x02]("
        + text("0")
        + b"e."
        + (counted + values)
    )


def tensor(held: bytes, start: int, sizes: bytes, steps: bytes) -> bytes:
    stored = called(name("torch.storage", "_load_from_bytes"), raw(held))
    hooks = called(name("collections", "OrderedDict"))
    rebuild = name("torch._utils", "_rebuild_tensor_v2")
    return called(rebuild, stored, number(start), sizes, steps, b"\x89", hooks)


def calls(mark: Path) -> dict[str, bytes]:
    """Each wants to call the function of its name, which would leave ``mark``."""
    touch = f"touch {mark}"
    code = f"open({str(mark)!r}, 'w')"
    inner = io.BytesIO()
    pickle.dump(Call(os.system, touch), inner)
    named = {
        "builtins.getattr": "x",
        "builtins.open": str(mark),
        "builtins.map": "x",
        "builtins.range": "x",
        "builtins.slice": "x",
        "builtins.type": "x",
        "builtins.object": "x",
        "builtins.classmethod": "x",
        "__builtin__.__import__": "os",
        "__builtin__.apply": "os",
        "__builtin__.xrange": "x",
        "os.system": touch,
        "nt.system": touch,
        "pty.spawn": "sh",
        "runpy.run_path": str(mark),
        "importlib.import_module": "this",
        "copyreg._reconstructor": "x",
        "copy_reg._reconstructor": "x",
        "copyreg.add_extension": "x",
        "functools.partial": "x",
        "functools.reduce": "x",
        "operator.attrgetter": "__class__",
        "operator.methodcaller": "x",
        "types.CodeType": "x",
        "types.FunctionType": "x",
        "types.SimpleNamespace": "x",
        "codecs.decode": "x",
        "_pickle.loads": "x",
        "pickle.Unpickler": "x",
        "shutil.rmtree": str(mark),
        "pathlib.PosixPath": "x",
        "uuid.UUID": "x",
        "collections.Counter": "x",
        "collections.deque": "x",
        "collections.namedtuple": "x",
        "ctypes.CDLL": "libc.so.6",
        "numpy.testing._private.utils.runstring": code,
        "numpy.load": str(mark),
        "numpy.memmap": str(mark),
        "numpy.matrix": "1 2",
        "numpy.f2py.crackfortran.param_eval": code,
        "numpy.core.multiarray.fromfile": "x",
        "numpy.core.multiarray.frombuffer": "x",
        "numpy._core.numeric.fromfunction": "x",
        "numpy.ma.core._mareconstruct": "x",
        "numpy.random._pickle.__randomstate_ctor": "x",
        "pandas.core.frame.DataFrame": "x",
        "torch.load": str(mark),
        "torch._utils._rebuild_tensor": "x",
        "torch._utils._rebuild_wrapper_subclass": "x",
        "torch.jit.load": str(mark),
        "torch.FloatStorage": "x",
    }
    return {
        **{full: by_name(*full.rsplit(".", 1), value) for full, value in named.items()},
        "posix.system": pickle.dumps(Call(os.system, touch)),
        "builtins.eval": pickle.dumps(Call(eval, code)),
        "__builtin__.exec": pickle.dumps(Call(exec, code), 2),
        "subprocess.Popen": pickle.dumps({"videoText": [Call(subprocess.Popen, touch)]}),
        "_codecs.encode": b"c_codecs\nencode\n(VAAAA\nVzlib\ntR.",
        # A dotted name of protocol 4 walks attributes.
        "builtins.list.__class__": b"\x80\x04\x8c\x08builtins\x8c\x0elist.__class__\x93.",
        "numpy.ndarray.fromfile": b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.fromfile\x93.",
        "_pickle.loads in a list": pickle.dumps([Call(pickle.loads, inner.getvalue())]),
        "posix.system by INST": b"(V" + touch.encode() + b"\niposix\nsystem\n.",
    }


def forged() -> dict[str, bytes]:
    """Types, arrays and tensors that lie; some gave away the interpreter's memory."""
    frombuffer_name = name("numpy.core.numeric", "_frombuffer")
    forged_objects = dtype("O8", dtype_state(order="|", flags=0))
    f4, u1 = dtype("f4"), octets()
    values = raw(bytes(16))
    state = b"}" + text("__code__") + b"K\x01s"
    return {
        "an object at an address": whole(scalar(forged_objects, raw(b"\x10" + bytes(7)))),
        "an object array over bytes": whole(array(shape(1), forged_objects, raw(bytes(8)))),
        "an object scalar": whole(scalar(objects(), raw(bytes(8)))),
        "objects out of a buffer": whole(frombuffer(raw(bytes(8)), objects(), shape(1))),
        "flags of objects on numbers": whole(
            array(shape(4), dtype("f4", dtype_state(flags=63)), values)
        ),
        "a size on numbers": whole(array(shape(4), dtype("f4", dtype_state(size=1)), values)),
        "a text's size that lies": whole(
            array(shape(4), dtype("U1", dtype_state(size=400, align=4, flags=8)), values)
        ),
        "fields": whole(
            array(shape(4), dtype("f4", dtype_state(fields=b"N" + many(text("a")) + b"}")), values)
        ),
        "a type in a type": whole(
            array(shape(4), dtype("f4", dtype_state(fields=many(f4, b"K\x02") + b"NN")), values)
        ),
        "a type filled twice": whole(array(shape(4), f4 + dtype_state() + b"b", values)),
        "a state of version 9": whole(dtype("f4", many(b"K\x09", text("<"), b"NNN", b"K\x00" * 3))),
        **{
            f"a type '{code}'": whole(array(shape(1), dtype(code, None), values))
            for code in ("V16", "M8", "m8", "g", "f16", "c32", "U0", "S0", "U99999999", "S-1", "T")
        },
        **{
            f"a type {code!r}": whole(array(shape(1), dtype(code, None), values))
            for code in (
                "f4,f4",
                "(2,2)f4",
                "4f4",
                "",
                "<f4",
                "f\u0664",
                "O",
                "object",
                "bool",
                "P",
            )
        },
        "a type in bytes": whole(called(name("numpy", "dtype"), raw(b"f4"), b"\x89", b"\x88")),
        "a type of a type": whole(
            called(name("numpy", "dtype"), name("builtins", "list"), b"\x89", b"\x88")
        ),
        "numpy's function altered": whole(frombuffer_name, state, b"b"),
        "numpy's function altered by slots": whole(frombuffer_name, many(b"N", state), b"b"),
        "our function altered": whole(name("_codecs", "encode"), many(b"N", state), b"b"),
        "our stand-in renamed": whole(
            name("_codecs", "encode"),
            many(b"N", b"}" + text("name") + text("os.system") + b"s"),
            b"b",
        ),
        "a list altered": whole(b"]", state, b"b"),
        "text altered": whole(text("a"), state, b"b"),
        "an array filled twice": whole(
            array(shape(4), f4, values) + many(b"K\x01", b")", f4) + b"b"
        ),
        "an array never filled": whole(blank()),
        "an array of another class": whole(blank(name("builtins", "list"))),
        "an array made with a shape": whole(blank(name("numpy", "ndarray"), 1 << 40)),
        "an array called": whole(called(name("numpy", "ndarray"), shape(1 << 40))),
        "a negative shape": whole(array(shape(-4), f4, values)),
        "two negative sizes": whole(array(shape(-2, -2), f4, values)),
        "a shape that overflows": whole(array(shape(1 << 62, 4), u1, raw(b""))),
        "a shape that overflows to the right size": whole(
            array(shape(1 << 32, 1 << 32), u1, raw(b""))
        ),
        "a shape beyond its bytes": whole(array(shape(5), f4, values)),
        "a shape short of its bytes": whole(array(shape(3), f4, values)),
        "a column beyond its bytes": whole(array(shape(3, 2), f4, values, b"\x88")),
        "rows of nothing": whole(array(shape(1 << 40, 0), f4, raw(b""))),
        "nothing, very wide": whole(array(shape(0, 1 << 62), f4, raw(b""))),
        "a hundred axes": whole(array(shape(*[1] * 100), u1, raw(b"\0"))),
        "a shape of truths": whole(array(many(b"\x88", b"\x88"), f4, raw(bytes(4)))),
        "a shape of floats": whole(array(many(b"G" + struct.pack(">d", 4.0)), f4, values)),
        "a shape of text": whole(array(many(text("4")), f4, values)),
        "a shape nested 200,000 deep": whole(array(b")" + b"\x85" * 200_000, f4, values)),
        "an array of text": whole(frombuffer(b"]", f4, shape(4))),
        "an order that is none": whole(frombuffer(values, f4, shape(4), "K")),
        "a number of too few bytes": whole(scalar(f4, raw(b"\0"))),
        "truth values of 2": whole(
            array(shape(2), dtype("b1", dtype_state(order="|")), raw(b"\1\2"))
        ),
        "characters there are none of": whole(
            array(
                shape(1),
                dtype("U1", dtype_state(size=4, align=4, flags=8)),
                raw(b"\xff\xff\xff\x7f"),
            )
        ),
        "objects of a shape that lies": whole(array(shape(1 << 20), objects(), b"]")),
        **tensors(),
    }


def tensors() -> dict[str, bytes]:
    """Tensors that reach beyond their storage, and storages that are none."""
    held = storage(bytes(16), 4)
    inner = pickle.dumps(Call(os.system, "true"), 2)
    return {
        "a tensor beyond its storage": whole(tensor(held, 0, shape(5), shape(1))),
        "a tensor's steps beyond its storage": whole(tensor(held, 0, shape(2), shape(4))),
        "a tensor's start beyond its storage": whole(tensor(held, 4, shape(1), shape(1))),
        "a tensor's start before its storage": whole(tensor(held, -1, shape(1), shape(1))),
        "a tensor of backward steps": whole(tensor(held, 3, shape(2), shape(-1))),
        "a tensor of one value a billion times": whole(tensor(held, 0, shape(10**9), shape(0))),
        "a tensor that overflows": whole(tensor(held, 0, shape(1 << 62, 4), shape(4, 1))),
        "a tensor of fewer steps than axes": whole(tensor(held, 0, shape(2, 2), shape(1))),
        "a storage shorter than it says": whole(
            tensor(storage(bytes(8), 4), 0, shape(4), shape(1))
        ),
        "a storage that says two counts": whole(
            tensor(storage(bytes(16), 4, told=2), 0, shape(4), shape(1))
        ),
        "a storage of less than nothing": whole(
            tensor(storage(bytes(16), -1), 0, shape(1), shape(1))
        ),
        "a storage of another kind": whole(
            tensor(storage(bytes(16), 4, kind="Quantised"), 0, shape(4), shape(1))
        ),
        "a storage that calls": whole(tensor(inner, 0, shape(1), shape(1))),
        "a storage that calls behind its head": whole(
            tensor(TORCH_HEAD + inner, 0, shape(1), shape(1))
        ),
        "a storage in a zip": whole(tensor(b"PK\x03\x04" + bytes(100), 0, shape(1), shape(1))),
        "a storage in a storage": whole(
            tensor(whole(tensor(held, 0, shape(1), shape(1))), 0, b")", b")")
        ),
        "a bare storage": whole(called(name("torch.storage", "_load_from_bytes"), raw(held))),
        "a tensor of no storage": whole(
            called(
                name("torch._utils", "_rebuild_tensor_v2"),
                raw(bytes(16)),
                b"K\x00",
                b")",
                b")",
                b"N",
            )
        ),
    }


def bombs() -> dict[str, bytes]:
    """Small files that ask for much, or whose data would hang or crash what walks it."""
    deep = 200_000
    laughs = b"](K\x01K\x02K\x03e" + b"".join(
        b"q" + bytes([level]) + b"](" + b"h" + bytes([level]) + (b"h" + bytes([level])) * 9 + b"e"
        for level in range(60)
    )
    tuples = b")" + b"".join(b"q\x00(" + b"h\x00" * 10 + b"t" for _ in range(50))
    long = text("a" * 1_000_000) + b"q\x00"
    big = raw(bytes(1_000_000)) + b"q\x00"
    shared = array(shape(1000, 1000), octets(), raw(bytes(10**6)))
    encode = name("_codecs", "encode")
    nest = blank() + b"(K\x01" + shape(1) + objects() + b"\x89]"
    pairs = b"".join(many(number(i), number(i * 7)) + b"N" for i in range(1000))
    modulus = (1 << 61) - 1
    same = b"".join(number(modulus * (i << 8)) + b"N" for i in range(1 << 10))
    turn = b"".join(
        called(
            name("builtins", "complex"), *(b"G" + struct.pack(">d", v) for v in (-1000003.0 * i, i))
        )
        + b"N"
        for i in range(1000)
    )
    return {
        "lists nested 200,000 deep": whole(b"]" * deep, b"a" * (deep - 1)),
        "tuples nested 200,000 deep": whole(b")", b"\x85" * deep),
        "dictionaries nested 200,000 deep": whole(b"}" + b"K\x01}" * deep + b"s" * deep),
        "lists nested 100 deep": whole(b"]" * 100, b"a" * 99),
        "a key nested 200,000 deep": whole(b"})" + b"\x85" * deep + b"Ns"),
        "a member nested 200,000 deep": whole(b"\x8f()" + b"\x85" * deep + b"\x90"),
        "objects of arrays nested": whole(nest * 200, b"N", b"atb" * 200),
        "a list in itself": whole(b"]q\x00h\x00a"),
        "a list in a tuple in itself": whole(b"]q\x00h\x00\x85a"),
        "a dictionary in itself": whole(b"}q\x00K\x01h\x00s"),
        "an array of objects in itself": whole(
            blank(),
            b"q\x00",
            many(b"K\x01", shape(1), objects(), b"\x89", b"]h\x00a"),
            b"b",
        ),
        "a billion laughs": whole(laughs),
        "a billion empty tuples": whole(tuples),
        "one text a thousand times": whole(long, b"0](" + b"h\x00" * 1000 + b"e"),
        "one text a thousand times as key": whole(long, b"0](" + b"}h\x00Ns" * 1000 + b"e"),
        "the same bytes a thousand times": whole(big, b"0](" + b"h\x00" * 1000 + b"e"),
        "one array a thousand times": whole(shared, b"q\x000](" + b"h\x00" * 1000 + b"e"),
        "one buffer as a thousand arrays": whole(
            big,
            b"0](",
            frombuffer(b"h\x00", octets(), shape(10**6)) * 1000,
            b"e",
        ),
        "one text encoded a thousand times": whole(
            long, b"0](" + called(encode, b"h\x00", text("latin1")) * 1000 + b"e"
        ),
        "one list made a set a thousand times": whole(
            b"](" + b"K\x01" * 300_000 + b"eq\x000](",
            called(name("builtins", "set"), b"h\x00") * 1000,
            b"e",
        ),
        "range(500000000)": whole(
            called(name("builtins", "list"), called(name("builtins", "range"), number(500_000_000)))
        ),
        "list()": whole(called(name("builtins", "list"), b"]")),
        "bytes(10**12)": whole(called(name("builtins", "bytes"), number(10**12))),
        "bytearray(10**12)": whole(called(name("builtins", "bytearray"), number(10**12))),
        "int of a million digits": whole(called(name("builtins", "int"), text("9" * 1_000_000))),
        "a LONG of a million digits": b"L" + b"9" * 1_000_000 + b"L\n.",
        "an INT of a million digits": b"I" + b"9" * 1_000_000 + b"\n.",
        "a FLOAT of a million digits": b"F" + b"9" * 1_000_000 + b"\n.",
        "a GET of a million digits": b"g" + b"9" * 1_000_000 + b"\n.",
        "a LONG1 of 255 bytes": whole(b"\x8a\xff" + b"\x7f" * 255),
        "a LONG4 of 2 GB": whole(b"\x8b" + struct.pack("<i", 2**31 - 1)),
        "a LONG4 of less than nothing": whole(b"\x8b" + struct.pack("<i", -1)),
        "a LONG4 of a megabyte": whole(b"\x8b" + struct.pack("<i", 10**6) + b"\x7f" * 10**6),
        "keys of pairs": whole(b"}(" + pairs + b"u"),
        "keys of one hash": whole(b"}(" + same + b"u"),
        "complex keys of one hash": whole(b"}(" + turn + b"u"),
        "a set of lists": whole(b"\x8f(]]\x90"),
        "a set of dictionaries": whole(called(name("builtins", "set"), b"]}a")),
        "a set of sets": whole(b"\x8f(" + b"(K\x01\x91" + b"\x90"),
        "a key that is a list": whole(b"}]Ns"),
        "a key that is an array": whole(
            b"}" + array(shape(4), dtype("f4"), raw(bytes(16))) + b"Ns"
        ),
        "pairs that are none": whole(called(name("collections", "OrderedDict"), b"](K\x01K\x02e")),
    }


def breaks() -> dict[str, bytes]:
    """Opcodes out of place, lengths that lie, and what only other programs write."""
    huge = struct.pack("<Q", 1 << 62)
    return {
        "nothing": b"",
        "no pickle": b"not a pickle",
        "no end": b"\x80\x04]",
        "an end without anything": b"\x80\x04.",
        "a mark at the end": b"\x80\x04(.",
        "a protocol of the future": b"\x80\xffN.",
        "an unknown instruction": b"\x80\x04\xff.",
        "a frame of 4 EB": b"\x80\x04\x95" + huge + b"N.",
        "bytes of 4 EB": whole(b"\x8e" + huge),
        "text of 4 EB": whole(b"\x8d" + huge),
        "a bytearray of 4 EB": whole(b"\x96" + huge),
        "bytes of 4 GB": whole(b"B\xff\xff\xff\xff"),
        "text of less than nothing": whole(b"T" + struct.pack("<i", -1)),
        "what was never named": whole(b"h\x07"),
        "what was never named, far": whole(b"j\xff\xff\xff\xff"),
        "a line without end": b"Vabc",
        "a text without quotes": b"Sabc\n.",
        "a text of half an escape": b"S'\\x4'\n.",
        "text that is no UTF-8": whole(b"X\x02\x00\x00\x00\xff\xfe"),
        "half a character": b"V\\ud800\n.",
        "a number that is none": b"Iabc\n.",
        "a number with a line": b"I1_0\n.",
        "an object of a class": whole(b"(" + name("builtins", "list") + b"o"),
        "NEWOBJ": whole(name("builtins", "list") + b")\x81"),
        "NEWOBJ_EX": whole(name("builtins", "list") + b")}\x92"),
        **{f"EXT{2**i}": whole(bytes([0x82 + i]) + b"\1" * 2**i) for i in range(3)},
        "an object outside the file": b"Pmodule\n.",
        "an object outside the file, by value": whole(text("x") + b"Q"),
        "a buffer outside the file": b"\x80\x05\x97.",
        "a read-only buffer": b"\x80\x05C\x01a\x98.",
        "a name that is no text": whole(b"K\x01K\x02\x93"),
        "a call of text": whole(text("os.system") + b")R"),
        "a call with a list": whole(name("builtins", "set") + b"]R"),
        "a name left as data": whole(name("builtins", "list")),
        "a type left as data": whole(dtype("f4")),
        "appended to a dictionary": whole(b"}K\x01a"),
        "appended to a tuple": whole(b")(K\x01e"),
        "items of a list": whole(b"](K\x01K\x02u"),
        "members of a frozen set": whole(b"(\x91(K\x01\x90"),
        "a key without value": whole(b"}(K\x01u"),
        "a terminal's escapes": whole(name("\x1b[2J\x1b]0;owned\x07", "x")),
        "a name of a megabyte": whole(name("a" * 1_000_000, "b")),
        "a name in Cyrillic": whole(name("\u043es", "system")),
    }


@cache
def everything(mark: Path) -> dict[str, bytes]:
    return calls(mark) | forged() | bombs() | breaks()
