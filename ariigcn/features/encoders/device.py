"""Which device a process computes on: the one place where encoders ask.

Extraction's workers share what GPUs there are by a rule: at most ``features.workers_per_gpu`` processes
a GPU, each of which holds the model once, and seat after seat goes to GPU after GPU. A worker that dies
leaves its seat to the one that replaces it. Without a GPU there are as many workers as cores.
"""

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

# Kept open for the life of the process: the kernel frees the seat however it ends.
_seat: Any = None
_gpu: int | None = None


def seats(workers: int, gpus: int, workers_per_gpu: int) -> int:
    """How many of the workers that were asked for there may be."""
    return min(workers, gpus * workers_per_gpu) if gpus else workers


def take_seat(folder: Path, count: int, gpus: int) -> None:
    """Take the first free seat below ``folder`` and, with it, a GPU; without GPUs, do nothing."""
    global _seat, _gpu  # noqa: PLW0603
    if not gpus:
        return
    for number in range(count):
        stream = (folder / str(number)).open("ab")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.close()
            continue
        _seat, _gpu = stream, number % gpus
        return
    _gpu = os.getpid() % gpus  # the worker that this one replaces has not quite gone


def device() -> "torch.device":
    """This process's GPU, or the first; the CPU where there is none."""
    import torch

    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", _gpu or 0)
