"""Being asked to stop: by a scheduler that preempts, by a time limit that ends, by ``scancel``.

SLURM sends SIGTERM and kills some seconds later (KillWait, 30 s by default; a partition's GraceTime
on preemption); ``sbatch --signal=USR1@60`` asks a minute earlier. The work goes on to the next place
where nothing is half done, keeps what is finished there, and ends with an error, so that whoever
started it starts it again.
"""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Self

from ariigcn.core.errors import AriigcnError

STOP_SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
# Short beside every grace a scheduler gives, long beside a small epoch.
GRACE_S = 5.0


class StoppedError(AriigcnError):
    """The work was asked to stop; what it had finished is kept, and the same command goes on."""


class StopRequest:
    """Notes SIGTERM and SIGUSR1 for the time of a ``with`` block, instead of dying of them.

    Outside the main thread, where Python sets no handlers, it notes nothing.

    Args:
        agree: of processes that work together, whether some of them says so: a signal reaches one
            before another, and they stop at the same place.
    """

    def __init__(self, agree: Callable[[bool], bool] = bool) -> None:
        self._agree = agree
        self._name = ""
        self._asked_at = 0.0
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {s: signal.signal(s, self._note) for s in STOP_SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        """Whether a signal has come."""
        return self._agree(bool(self._name))

    def check(self, kept: str, grace_s: float = 0.0) -> None:
        """Raise where a signal came at least ``grace_s`` seconds ago.

        Args:
            kept: what is kept, for the message.
            grace_s: time in which the caller may still finish what it is at.

        Raises:
            StoppedError: names the signal and what is kept.
        """
        due = bool(self._name) and time.monotonic() - self._asked_at >= grace_s
        if self._agree(due):
            by = self._name or "another process"
            raise StoppedError(f"stopped by {by}; {kept}; run the same command again to continue")

    def _note(self, number: int, _: FrameType | None) -> None:
        # The first request counts: the grace is not renewed.
        if not self._name:
            self._asked_at = time.monotonic()
            self._name = signal.Signals(number).name
