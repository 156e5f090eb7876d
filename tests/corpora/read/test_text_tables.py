"""Text and tables as corpora deliver them."""

# ruff: noqa: RUF001

import math
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.read.text_tables import (
    clean_text,
    read_lines,
    read_numbers,
    read_rows,
    seconds_of,
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("You must\x92ve had your hands full.", "You must’ve had your hands full."),
        ("\x93Adi\xf3s\x94 \x96 she said\x85", "“Adiós” – she said…"),
        ("It\u00e2\u20ac\u2122s a CafÃ©", "It’s a Café"),
        ("said \u00e2\u20ac\x9d", "said ”"),
        ("fiancé…” — ‘Olé!’", "fiancé…” — ‘Olé!’"),
        ("  My duties? \u00a0 All\n right. ", "My duties? All right."),
        ("cafe\u0301", "café"),
    ],
)
def test_wrong_decodings_are_undone_and_right_ones_kept(given: str, expected: str) -> None:
    assert clean_text(given) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_table_reads_alike_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("Speaker\r\nRichard’s Café\r\n".encode(encoding))
    assert [clean_text(cells[0]) for _, cells in read_rows(path)] == ["Speaker", "Richard’s Café"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2\n3\n", r"line 2: 1 field\(s\), expected 2"),
        ("1,2\n3,4,5\n", r"line 2: 3 field\(s\), expected 2"),
        ('"1","2"\n"3","0.4', "line 2: unexpected end of data"),
        ("", "empty"),
        ("1,2\n3,nan\n", r"line 2, field 2: 'nan' is not a finite number \(1 such"),
        ("1,2\n3,x\n", "line 2, field 2: 'x' is not a finite number"),
        ("1,2\n,inf\n", r"line 2, field 1: '' is not a finite number \(2 such"),
    ],
)
def test_damage_is_named_by_file_and_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "features.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=message) as error:
        read_numbers(path, 2)
    assert str(path) in str(error.value)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv: cannot be read"):
        read_rows(tmp_path / "gone.csv")


def test_lines_end_at_line_ends_alone(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(b"said\x85 he\r\nand\x0c\n\nlast")
    assert read_lines(path) == ["said\x85 he", "and\x0c", "", "last"]
    path.write_bytes(b"one\n")
    assert read_lines(path) == ["one"]
    path.write_bytes(b"")
    assert read_lines(path) == []


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        (None, None), (pd.NA, None), (pd.NaT, None), (float("nan"), None), (" ", None), (" 1.5 ", 1.5),
        (2, 2.0), (np.float32(0.5), 0.5), (np.int64(3), 3.0), (Decimal("0.25"), 0.25), ("1e3", 1000.0),
        (pd.Timedelta(1500, "ms"), 1.5), (timedelta(minutes=2), 120.0), (10**400, math.inf),
        ("-inf", -math.inf),
    ],
)  # fmt: skip
def test_seconds_of_what_tables_hold(cell: Any, seconds: float | None) -> None:
    assert seconds_of(cell) == seconds


@pytest.mark.parametrize(
    "cell",
    [
        "soon", "0:01", "nan", "1_000", True, np.bool_(True), time(0, 0, 1), pd.Timestamp(0), [1.0],
        np.array([1.0]), b"1", {}, 1j,
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_number_of_seconds_is_refused(cell: Any) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        seconds_of(cell)
    assert type(refused.value) is ValueError
