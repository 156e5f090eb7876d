"""Read a file from an untrusted source in a separate process, with limits of memory and time.

A reader that crashes, fills the memory or never ends costs that process alone: the caller gets a
:class:`~ariigcn.core.errors.DataError` that names the file. The answer comes as
:mod:`~ariigcn.core.plain` data, so that nothing in it can run here either.
"""

import gc
import importlib
import os
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer
from typing import IO, Any

from ariigcn.core import plain
from ariigcn.core.errors import AriigcnError, DataError
from ariigcn.core.raw_array import NotPlainError, Piece

HEAD = struct.Struct("<?QQ")  # whether it is data or words, bytes of the text, bytes of the arrays
NO_MEMORY = 99  # exit code: where memory has run out, nothing more can be said
# What reading an answer can raise that :func:`ariigcn.core.plain.encode` did not write.
UNSOUND = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)
_CHILD = "from ariigcn.core.confined import answer; answer()"


@dataclass(frozen=True)
class Limits:
    """What reading a file may cost.

    Args:
        memory: bytes of the process's address space; Python itself takes some 100 MB of it.
        seconds: time on the clock, and of the processor.
        answer: bytes of the data that is handed back.
    """

    memory: int
    seconds: float
    answer: int


def read_confined(reader: Callable[[Path], Any], path: Path, limits: Limits) -> Any:
    """What ``reader`` makes of a file, read in a separate process.

    Args:
        reader: a function of a module; it gives what :func:`ariigcn.core.plain.encode` takes.
        path: the file.
        limits: what it may cost.

    Raises:
        DataError: whatever the reader says of the file; or it crashed or went beyond the limits.
    """
    name = f"{reader.__module__}:{reader.__qualname__}"
    numbers = (str(limits.memory), str(limits.seconds), str(limits.answer))
    # -P: Python files in the folder where the command was started are not to be found.
    command = [sys.executable, "-P", "-c", _CHILD, name, str(path), *numbers]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=_environment()
    ) as process:
        late = Event()
        timer = Timer(limits.seconds, _end, (process, late))
        timer.start()
        try:
            assert process.stdout is not None
            is_data, text, pieces = _received(process.stdout, limits.answer)
            return _taken(path, is_data, text, pieces)
        except EOFError:
            problem = _ending(process.wait(), late.is_set(), limits)
            raise DataError(f"{path}: {problem}") from None
        finally:
            timer.cancel()
            process.kill()


def _end(process: "subprocess.Popen[bytes]", late: Event) -> None:
    late.set()
    process.kill()


def _taken(path: Path, is_data: bool, text: bytearray, pieces: bytearray) -> Any:
    if not is_data:
        raise DataError(text.decode("utf-8", "replace"))
    try:
        return plain.decode(text, memoryview(pieces))
    except UNSOUND as error:
        raise DataError(f"{path}: refused, because its data is not sound ({error})") from error


def _environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    # Fixed hashes would let a file make them collide; a pool of threads reserves memory for each.
    fixed = {"PYTHONHASHSEED": "random", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | fixed


def _received(stream: IO[bytes], most: int) -> tuple[bool, bytearray, bytearray]:
    """Whether the answer is data, its text, its arrays; EOFError: the process ended before that."""
    is_data, *sizes = HEAD.unpack(_read(stream, HEAD.size))
    if sum(sizes) > most:
        raise EOFError
    text, pieces = (_read(stream, size) for size in sizes)
    return is_data, text, pieces


def _read(stream: IO[bytes], size: int) -> bytearray:
    found = bytearray(size)
    if stream.readinto(found) < size:  # type: ignore[attr-defined]
        raise EOFError
    return found


def _ending(code: int, late: bool, limits: Limits) -> str:
    if late or code == -signal.SIGXCPU:
        return (
            f"not read within {limits.seconds:.0f} s, far longer than a file of its size "
            "needs; the file is damaged or harmful, or the disk is very slow"
        )
    if code in (NO_MEMORY, -signal.SIGKILL):
        return (
            f"reading it takes more than {limits.memory / 1e9:.1f} GB of memory, far more than a "
            "file of its size needs; it is damaged or made to harm"
        )
    if code < 0:
        name = signal.Signals(-code).name
        return f"reading it crashed ({name}); it is damaged or made to harm: get it again"
    return f"reading it failed (exit code {code}); the lines before this one say why"


def answer() -> None:
    """The child's side: read the file that the command names, write the answer to its output."""
    name, path, memory, seconds, most = sys.argv[1:]
    module, _, function = name.partition(":")
    # Nothing else may get in between the answer, not even a library's print.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.disable()  # it ends soon, and many small objects make collecting slow
    reader = getattr(importlib.import_module(module), function)
    _confine(int(memory), float(seconds))
    try:
        text, pieces = plain.encode(reader(Path(path)), int(most))
        _send(output, True, text, pieces)
    except NotPlainError as error:
        words = f"{path}: refused, since it holds {error}; have nothing to do with this one"
        _send(output, False, words.encode("utf-8", "replace"))
    except AriigcnError as error:
        _send(output, False, str(error).encode("utf-8", "replace"))
    except (MemoryError, SystemError):  # where memory has run out, Python loses errors
        os._exit(NO_MEMORY)
    output.flush()
    os._exit(0)  # taking millions of objects apart is lost time


def _send(output: IO[bytes], is_data: bool, text: bytes, pieces: Sequence[Piece] = ()) -> None:
    pads = [-len(piece) % plain.ALIGNED for piece in pieces]
    output.write(HEAD.pack(is_data, len(text), sum(map(len, pieces)) + sum(pads)))
    output.write(text)
    for piece, pad in zip(pieces, pads, strict=True):
        output.write(piece)
        output.write(bytes(pad))


def _confine(memory: int, seconds: float) -> None:
    whole = int(seconds) + 1
    bounds = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: whole,
        resource.RLIMIT_CORE: 0,
    }
    for which, bound in bounds.items():
        _, hard = resource.getrlimit(which)
        least = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(which, (least, hard))
