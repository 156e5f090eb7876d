"""Logs and progress of a stage.

A command on a terminal shows a live bar. Everything else, a job of the workflow above all, logs a line
every few seconds; :func:`read_progress` reads it back, so that the workflow's terminal shows where each
job stands from its log, on whatever machine it runs.
"""

import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import ClassVar, NamedTuple

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from ariigcn.core.errors import AriigcnError, storage_problem

LINE_EVERY_S = 5.0
# A line of a job's log: the time, the level, the message.
LOGGED = re.compile(r"(?:.*\d\d:\d\d:\d\d (?P<level>[A-Z]+) )?(?P<message>.*)")
COUNTED = re.compile(
    r"(?P<what>.+) (?P<done>[\d.]+) of (?P<total>[\d.]+)(?: MB)?, \S+ (?:MB )?a second, "
    r"(?:\S+ s left|time left \S+)(?:, (?P<note>.+))?"
)
logger = logging.getLogger("ariigcn")


class Standing(NamedTuple):
    """Where a job stands, as it logged it: ``done`` of ``total`` units of ``what``, and a note."""

    what: str
    done: float
    total: float
    note: str = ""

    def __str__(self) -> str:
        note = f", {self.note}" if self.note else ""
        return f"{self.what} {self.done:g} of {self.total:g}{note}"


def read_line(line: str) -> tuple[str, str]:
    """The level and the message of a line of a log; the level is empty where the line has none."""
    found = LOGGED.fullmatch(line.rstrip("\n"))
    return ("", line) if found is None else (found["level"] or "", found["message"])


def read_progress(message: str) -> Standing | None:
    """What a counting line says; None where the message is no such line."""
    found = COUNTED.fullmatch(message)
    if found is None:
        return None
    return Standing(found["what"], float(found["done"]), float(found["total"]), found["note"] or "")


def configure_logging(log_file: Path | str | None = None) -> None:
    """Send log lines and uncaught exceptions to stderr and, where given, to a job's log file.

    Other libraries are heard from warnings on: one that cuts fonts told a figure in a hundred lines.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if log_file:
        Path(log_file).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(log_file, mode="w", encoding="utf-8"))
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%H:%M:%S",
        handlers=handlers,
        force=True,
    )
    logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _log_exception


def _log_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """An error meant for the user is one line; anything else keeps its traceback."""
    problem = str(error) if issubclass(kind, AriigcnError) else storage_problem(error)
    if problem:
        logger.error("%s", problem)
    else:
        logger.critical("%s", error, exc_info=(kind, error, trace))


class Counter:
    """Counts finished units and shows them, as the module's head says."""

    column: ClassVar[type[ProgressColumn]] = MofNCompleteColumn

    def __init__(self, what: str, total: int, done: int = 0) -> None:
        self.what, self.total, self.done, self.failed = what, total, done, 0
        self._started, self._first = time.monotonic(), done
        self._last_line = self._started
        self._bar: Progress | None = None
        self._note = ""
        if sys.stderr.isatty() and not logging.getLogger().handlers:
            columns = (TextColumn("{task.description}"), BarColumn(), self.column())
            self._bar = Progress(*columns, TimeRemainingColumn(), transient=True)
            self._task = self._bar.add_task(what, total=total, completed=done)

    def advance(self, done: int = 1, failed: int = 0, note: str = "") -> None:
        """Record ``done`` more units, ``failed`` of which came out unusable.

        Args:
            done: units.
            failed: of them.
            note: what the last unit came to, such as ``validation F1 86.4``.
        """
        self.done += done
        self.failed += failed
        self._note = note
        if self._bar:
            self._bar.update(self._task, completed=self.done)
        now = time.monotonic()
        if now - self._last_line >= LINE_EVERY_S:
            self._last_line = now
            self.line()

    def line(self) -> None:
        """Log where the work stands: done, rate, time left, failures, the last unit's note."""
        rate = self._rate()
        left = (self.total - self.done) / rate if rate else float("inf" if self.total else 0)
        notes = [f"{self.failed} unusable"] if self.failed else []
        notes += [self._note] if self._note else []
        logger.info(
            "%s %d of %d, %.1f a second, %.0f s left%s",
            *(self.what, self.done, self.total, rate, left),
            "".join(f", {note}" for note in notes),
        )

    def _rate(self) -> float:
        return (self.done - self._first) / max(time.monotonic() - self._started, 1e-9)


class ByteCounter(Counter):
    """Counts bytes, and shows them as megabytes."""

    column = DownloadColumn

    def line(self) -> None:
        """Log where the work stands: done, rate, time left."""
        rate = self._rate()
        left = timedelta(seconds=round((self.total - self.done) / rate)) if rate else "unknown"
        logger.info(
            "%s %.1f of %.1f MB, %.1f MB a second, time left %s",
            *(self.what, self.done / 1e6, self.total / 1e6, rate / 1e6, left),
        )


@contextmanager
def progress(
    what: str, total: int, done: int = 0, kind: type[Counter] = Counter
) -> Iterator[Counter]:
    """A :class:`Counter` that starts its bar and closes with a line."""
    counter = kind(what, total, done)
    if counter._bar:
        counter._bar.start()
    try:
        yield counter
    finally:
        if counter._bar:
            counter._bar.stop()
        counter.line()
