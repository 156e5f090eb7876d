"""Data goes through JSON and bytes as it was; what is none is refused on either side."""

import json
from typing import Any

import numpy as np
import pytest

from ariigcn.core import plain
from ariigcn.core.confined import UNSOUND
from ariigcn.core.plain import Later, decode, encode
from ariigcn.core.raw_array import NotPlainError, RawArray

VALUES = [
    *(None, True, 0, -1, 1 << 63, 2.5, -0.0, float("inf"), "", "caf\xe9 \U0001f600", b"\x00\xff"),
    *(
        [],
        (),
        {},
        set(),
        frozenset({"a"}),
        bytearray(b"x"),
        1 + 2j,
        [[1, (2,)], {"a": {3: {4}}}],
    ),
]


def through(value: Any, most: int = 1 << 20) -> Any:
    text, pieces = encode(value, most)
    padded = b"".join(bytes(piece) + bytes(-len(piece) % plain.ALIGNED) for piece in pieces)
    return decode(text, memoryview(bytearray(padded)))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_come_as_they_were(value: Any) -> None:
    found = through([value])[0]
    assert type(found) is type(value)
    assert repr(found) == repr(value)


def test_arrays_lie_over_the_bytes_and_can_be_written() -> None:
    data = np.arange(6, dtype="<f8").tobytes()
    first, again, big, number = through(
        [
            *[RawArray("<f8", (2, 3), data)] * 2,
            RawArray(">i2", (1,), b"\x01\x02"),
            RawArray("<f8", (), data[8:16], scalar=True),
        ]
    )
    assert first.tolist() == [[0, 1, 2], [3, 4, 5]]
    first[0, 0] = 7
    assert again[0, 0] == 7
    assert big.tolist() == [0x0102]
    assert type(number) is np.float64
    assert number == 1


def test_what_is_filled_later_is_what_it_was_filled_with() -> None:
    later = Later()
    value = [later, later]
    with pytest.raises(NotPlainError, match="no data"):
        encode(value, 1000)
    later.value = {"a": 1}
    assert through(value) == [{"a": 1}, {"a": 1}]


def test_cost_is_what_it_unfolds_to() -> None:
    text = ["a" * 1000]
    encode(text * 10, 20_000)
    with pytest.raises(NotPlainError, match="unfold"):
        encode(text * 100, 20_000)
    shared: list[Any] = []
    for _ in range(60):
        shared = [shared] * 10
    with pytest.raises(NotPlainError, match="unfold"):
        encode(shared, 1 << 30)


@pytest.mark.parametrize("step", [20, 40])
def test_depth_counts_through_what_is_shared(step: int) -> None:
    """Each part is shallow where it is met first, and deep where it is met again."""
    parts: list[Any] = [[]]
    for _ in range(5):
        nested = parts[-1]
        for _ in range(step):
            nested = [nested]
        parts.append(nested)
    with pytest.raises(NotPlainError, match="deep"):
        encode(parts, 1 << 20)


MALFORMED = [
    *("", "[", "nul", "\xff", "[1,]", '{"x":1}', '{"t":1,"s":2}', "{}", '{"b":"\u20ac"}', '{"b":1}'),
    *('{"d":[[1],[]]}', '{"d":[[[1]],[2]]}', '{"d":1}', '{"s":[[1]]}', '{"s":[{"c":[1,2]}]}'),
    *('{"c":["a","b"]}', "[" * 100_000, "9" * 5000, '{"a":1}', '{"a":[1,2,3,4,5,6]}'),
    *(
        json.dumps({"a": told})
        for told in (
            ["<f4", [3], 0, 8, 0, None],
            ["<f4", [4], 0, 16, 0, None],
            ["<f4", [2], -8, 8, 0, None],
            ["<f4", [2], 0, -8, 0, None],
            ["<f4", [-2], 0, 8, 0, None],
            ["<f4", [2.0], 0, 8, 0, None],
            ["<f4", ["2"], 0, 8, 0, None],
            ["<f4", "2", 0, 8, 0, None],
            ["<f4", [2], 0, 8, 1, [1]],
            ["<f4", [2], 0, 8, -1, [1]],
            ["<f4", [2], 0, 8, 0, [-1]],
            ["<f4", [2], 0, 8, 0, [2]],
            ["<f4", [2], 0, 8, 0, [1, 1]],
            ["<f4", [3], 0, 8, 0, [0]],
            ["<f4", [2], 0, 8, 0, [0.5]],
            ["|O", [1], 0, 8, 0, None],
            ["<O8", [1], 0, 8, 0, None],
            ["|V8", [1], 0, 8, 0, None],
            ["<M8", [1], 0, 8, 0, None],
            ["<f4,<f4", [1], 0, 8, 0, None],
            [["<f4"], [2], 0, 8, 0, None],
            ["|b1", [8], 0, 8, 0, None],
            ["<U1", [2], 0, 8, 0, None],
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
def test_an_answer_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UNSOUND):
        decode(
            text.encode("latin-1", "replace") if text == "\xff" else text.encode(),
            memoryview(b"\xff" * 8),
        )
