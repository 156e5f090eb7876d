"""Ten thousand honest pickles, each damaged somewhere: read as data or refused in words, nothing else."""

import pickle
import random
import struct
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ariigcn.core import plain
from ariigcn.core.confined import UNSOUND, Limits, read_confined
from ariigcn.core.errors import DataError
from ariigcn.corpora.read.pickles.load import ANSWER, decode_bytes, load_pickle
from tests.corpora import hostile_pickles as by_hand

COUNT = 10_000
IN_ITS_OWN_PROCESS = 16
KINDS = {list, tuple, dict, set, frozenset, str, bytes, bytearray, int, float, bool, complex}
NUMBERS = set("biufcSU")


def honest() -> list[bytes]:
    """Small files of every protocol and kind; a change hits something that matters."""
    rows = [np.arange(30, dtype=np.float32), np.ones(30, np.float32)]
    published = (
        {"Ses01": ["Ses01_F000", "Ses01_F001"], 2: ["a"]},
        {"Ses01": rows, 2: np.stack(rows).T},
        {"Ses01": [[0, 0, 1], [1, 0, 0]]},
        ["Ses01"],
        {2, 3},
    )
    others = [
        OrderedDict(x=np.float64(2.5), y=np.int64(3)),
        defaultdict(list, z=[True, None, 1 << 40, -0.0, float("nan"), "caf\xe9", b"\xff\n"]),
        np.array(["ab", "\xe9"]),
        np.array([b"xy"]),
        np.array(["o", None, [1]], dtype=object),
        (np.arange(4, dtype=">i2"), frozenset({"f"}), bytearray(b"b"), 1 + 2j),
    ]
    held = by_hand.storage(struct.pack("<4f", 1, 2, 3, 4), 4)
    tensor = by_hand.tensor(held, 0, by_hand.shape(2, 2), by_hand.shape(2, 1))
    files = [pickle.dumps(published, protocol) for protocol in (0, 2, 4, 5)]
    files += [pickle.dumps(others, protocol) for protocol in (0, 1, 2, 3, 4, 5)]
    files += [by_hand.whole(tensor), pickle.dumps(published[1], 2).replace(b"_core", b"core")]
    return files


def damaged(rng: random.Random, files: list[bytes]) -> bytes:
    """A file cut, or with bits, bytes or pieces that do not belong."""
    data = bytearray(rng.choice(files))
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(max(len(data), 1))
        data = data or bytearray(b"N")
        match rng.choice((0, 0, 0, 1, 2, 3, 4, 5, 6)):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                data[at] = rng.randrange(256)
            case 2:
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 3:
                del data[at : at + rng.randrange(1, 9)]
            case 4:
                other = rng.choice(files)
                begin = rng.randrange(len(other))
                data[at : at + rng.randrange(40)] = other[begin : begin + rng.randrange(1, 40)]
            case 5:
                del data[at:]
            case _:
                data[at:at] = rng.choice(OPCODES) * rng.choice((1, 3, 200))
    return bytes(data)


OPCODES = [
    bytes([code]) for code in b"(012aebcdghijlopqrstu]})RQNKM\x81\x85\x86\x87\x8f\x90\x91\x94"
]


def outcome(data: bytes) -> str:
    """``read`` or ``refused``, as :func:`load_pickle` would have it; anything else is raised."""
    try:
        text, pieces = plain.encode(decode_bytes(data, "file"), ANSWER)
        padded = b"".join(bytes(piece) + bytes(-len(piece) % plain.ALIGNED) for piece in pieces)
    except (DataError, plain.NotPlainError):
        return "refused"
    try:
        look(plain.decode(text, memoryview(padded)))
    except UNSOUND:
        return "refused"
    return "read"


def look(value: Any) -> None:
    """Everything that was read is data: touch all of it."""
    if isinstance(value, (np.ndarray, np.generic)):
        assert value.dtype.kind in NUMBERS
        assert value.dtype.isnative
        assert value.dtype.names is None
        assert value.nbytes < 1 << 20
        str(value.tolist())
    elif value is not None:
        assert type(value) in KINDS
        if isinstance(value, dict):
            look(list(value.keys()))
            look(list(value.values()))
        elif isinstance(value, (list, tuple, set, frozenset)):
            for item in value:
                look(item)
        else:
            repr(value)


def fuzz(_: Path) -> dict[str, Any]:
    """Runs in the child: how often each outcome came, and the files with another."""
    rng, files = random.Random(14), honest()
    found, other = Counter[str](), {}
    assert {outcome(data) for data in files} == {"read"}
    for number in range(COUNT):
        data = damaged(rng, files)
        try:
            found[outcome(data)] += 1
        except BaseException as error:
            other[number] = f"{error!r} of {data!r}"
    return {**found, "other": other}


def test_damage_is_refused_or_changes_data_alone(tmp_path: Path) -> None:
    found = read_confined(fuzz, tmp_path, Limits(memory=1 << 30, seconds=250, answer=1 << 20))
    assert found.pop("other") == {}
    assert found["read"] + found["refused"] == COUNT
    assert min(found.values()) > COUNT // 20


def test_a_file_that_is_cut_is_never_read() -> None:
    for data in honest()[1::5]:
        for end in range(len(data)):
            with pytest.raises(DataError, match="not a whole pickle"):
                decode_bytes(data[:end], "cut.pkl")


def test_the_real_thing_on_damaged_files(tmp_path: Path) -> None:
    rng, files = random.Random(41), honest()
    path, found = tmp_path / "file.pkl", Counter[str]()
    for data in (*files, *(damaged(rng, files) for _ in range(IN_ITS_OWN_PROCESS))):
        path.write_bytes(data)
        try:
            look(load_pickle(path))
            found["read"] += 1
        except DataError as error:
            assert str(error).startswith(f"{path}: ")
            found["refused"] += 1
    assert found["read"] >= len(files)
    assert found["refused"] > 0
