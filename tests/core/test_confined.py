"""Whatever a reader does costs its own process alone, and is said in words that name the file."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ariigcn.core.confined import HEAD, Limits, read_confined
from ariigcn.core.errors import DataError
from ariigcn.core.raw_array import RawArray

LIMITS = Limits(memory=200 << 20, seconds=30, answer=1 << 20)


def honest(path: Path) -> Any:
    print("a library's chatter")
    values = np.arange(3, dtype="<f4").tobytes()
    return {"text": path.read_text(), "array": RawArray("<f4", (3,), values), 1: (None, {2.5})}


def complains(path: Path) -> None:
    raise DataError(f"{path}: its caf\xe9 is closed")


def crashes(_: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def exits(_: Path) -> None:
    os._exit(3)


def breaks(_: Path) -> None:
    raise RuntimeError("a mistake of ours")


def eats(_: Path) -> None:
    bytearray(1 << 40)


def eats_little_by_little(_: Path) -> None:
    found: list[Any] = []
    while True:
        found.append([found])


def sleeps(_: Path) -> None:
    time.sleep(60)


def works(_: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass


def answers_much(_: Path) -> Any:
    return [0] * (1 << 20)


def answers_no_data(_: Path) -> Any:
    return [print]


def says(words: bytes) -> None:
    """As a reader would that runs what a file says: it finds where the answer goes."""
    for number in range(3, 10):
        with suppress(OSError):
            os.write(number, words)
    os._exit(0)


def breaks_off(_: Path) -> None:
    says(HEAD.pack(True, 100, 0) + b"[")


def answers_nonsense(_: Path) -> None:
    text = b'{"a":["<f4",[9],0,4,0,null]}'
    says(HEAD.pack(True, len(text), 4) + text + b"1234")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "file.bin"
    found.write_text("words")
    return found


def test_data_comes_through(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    # A module that lies beside the data is not what Python loads.
    (path.parent / "json.py").write_text("raise SystemExit(9)")
    read = read_confined(honest, path, LIMITS)
    assert read["text"] == "words"
    assert read["array"].tolist() == [0, 1, 2]
    assert read[1] == (None, {2.5})


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (complains, "its caf\xe9 is closed"),
        (crashes, r"reading it crashed \(SIGSEGV\)"),
        (exits, r"failed \(exit code 3\)"),
        (breaks, r"failed \(exit code 1\)"),
        (eats, "takes more than 0.2 GB of memory"),
        (eats_little_by_little, "takes more than 0.2 GB of memory"),
        (answers_much, "unfold to far more"),
        (answers_no_data, "a builtin_function_or_method that is no data"),
        (breaks_off, r"failed \(exit code 0\)"),
        (answers_nonsense, "its data is not sound"),
    ],
)
def test_what_goes_wrong_is_said(path: Path, reader: Any, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_confined(reader, path, LIMITS)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("reader", [sleeps, works])
def test_what_never_ends_is_ended(path: Path, reader: Any) -> None:
    begun = time.monotonic()
    with pytest.raises(DataError, match="not read within 0 s"):
        read_confined(reader, path, Limits(200 << 20, 0.2, 1000))
    assert time.monotonic() - begun < 5


def test_the_processor_has_a_limit_of_its_own(path: Path) -> None:
    """Where the parent was killed, nobody watches the clock."""
    code = "from ariigcn.core.confined import answer; answer()"
    command = [sys.executable, "-c", code, f"{__name__}:works", str(path), str(1 << 30), "0.1", "9"]
    assert os.spawnv(os.P_WAIT, sys.executable, command) == -signal.SIGXCPU
