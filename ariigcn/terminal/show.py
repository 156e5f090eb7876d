"""A run that is shown: what each of Snakemake's events changes, and the run's end."""

import logging
from collections.abc import Callable, Set
from pathlib import Path
from threading import RLock
from typing import Any

from rich.console import Console
from snakemake_interface_logger_plugins.common import LogEvent

from ariigcn.core.errors import AriigcnError
from ariigcn.terminal.outcome import Outcome
from ariigcn.terminal.remaining import earlier_seconds, words
from ariigcn.terminal.run import Run
from ariigcn.terminal.screen import Lines, LiveView
from ariigcn.terminal.spill import Spill
from ariigcn.terminal.stages import TARGETS

NOTHING = "Nothing to be done"
STOPPED = ("Terminating processes on user request", "Will exit after finishing currently running")
# What Snakemake says after a job has failed; the end says it with more.
FAILED = ("Exiting because a job execution failed", "At least one job did not complete")
CONTINUE = "Finished results are kept: run the same command again to continue."
LINE_WIDTH = 120  # of a log file


class Show:
    """Takes events one by one; who calls it holds no lock, and calls from one thread.

    Args:
        spilt: the file for what jobs print beside their logs.
        outcome: what the run is for; None where the workflow did not say.
        command: the command line.
        plain: no colours and no live view, even on a terminal.
    """

    def __init__(self, spilt: Path, outcome: Outcome | None, command: str, *, plain: bool) -> None:
        self.run, self.outcome = Run(), outcome
        self._lock = RLock()
        self._asked = TARGETS & set(command.split())
        self._nothing = self._stopped = self._wrong = self._begun = False
        self._spill = Spill(spilt)
        live = self._spill.terminal.isatty() and not plain
        width = None if self._spill.terminal.isatty() else LINE_WIDTH
        self._console = Console(
            file=self._spill.terminal, width=width, no_color=plain, highlight=False
        )
        self.screen = (
            LiveView(self.run, self._console, spilt, self._lock)
            if live and not self._console.is_dumb_terminal
            else Lines(self.run, self._console, spilt)
        )
        self._on: dict[Any, Callable[[Any], None]] = {
            LogEvent.RUN_INFO: self._planned,
            LogEvent.JOB_INFO: self._started,
            LogEvent.JOB_FINISHED: self._finished,
            LogEvent.JOB_ERROR: self._failed,
        }

    def take(self, event: Any, record: logging.LogRecord) -> None:
        """Take an event, or a message without one."""
        with self._lock:
            if event in self._on:
                self._on[event](record)
            elif event is None or record.levelno >= logging.WARNING:
                self._said(record.levelno, str(record.msg or ""))

    def close(self) -> None:
        """Show the end of the run."""
        if self._begun:
            self.screen.close()
        with self._lock:
            for job in self.run.running.values():  # stopped: what they warned of is said still
                self._warnings(job.log)
            try:
                self._end()
            finally:
                self._spill.close()

    def _planned(self, record: Any) -> None:
        self.run.plan(record.stats)
        self._begun = True
        self.screen.begin()

    def _started(self, record: Any) -> None:
        if record.benchmark and not self.run.earlier:
            self.run.earlier = earlier_seconds(Path(str(record.benchmark)).parent)
        log = str(record.log[0]) if record.log else None
        self.run.start(record.jobid, record.rule_name, dict(record.wildcards or {}), log)

    def _finished(self, record: Any) -> None:
        if found := self.run.finish(record.job_id):
            job, seconds = found
            self._warnings(job.log)
            self.screen.finished(job, seconds)

    def _failed(self, record: Any) -> None:
        if found := self.run.fail(record.jobid):
            job, seconds = found
            self._warnings(job.log)
            self.screen.failed(job, seconds, [Path(str(path)) for path in record.log])

    def _warnings(self, log: Any) -> None:
        if log is not None:
            log.update()
            for warning in log.warnings:
                self.screen.warning(f"{warning} ({log.path})")

    def _said(self, level: int, text: str) -> None:
        self._nothing |= text.startswith(NOTHING)
        self._stopped |= text.startswith(STOPPED)
        if level >= logging.ERROR:
            if not (self.run.failed and any(words in text for words in FAILED)):
                self._wrong = True
                self.screen.line(text, "red")
        elif level >= logging.WARNING:
            self.screen.warning(text)

    def _end(self) -> None:
        run, line = self.run, self.screen.line
        if run.failed:
            names = "; ".join(run.failed.values())
            counts = f"{len(run.failed)} of {run.total} jobs failed, {run.done} are done"
            line(f"{counts}, after {words(run.seconds)}. Failed: {names}", "bold red")
            line(CONTINUE)
        elif self._stopped:
            line(f"Stopped after {words(run.seconds)}. {CONTINUE}", "bold")
        elif not self._wrong and (self._nothing or run.done == run.total > 0):
            self._results(run.targets or self._asked)
            done = (
                "Everything is up to date." if self._nothing else f"Done in {words(run.seconds)}."
            )
            line(done, "bold")

    def _results(self, targets: Set[str]) -> None:
        if self.outcome is None:
            return
        try:
            table = self.outcome.table(targets)
        except AriigcnError as error:
            self.screen.line(str(error), "red")
            return
        if table is not None:
            self._console.print()
            self._console.print(table)
        for what, path in self.outcome.places(targets):
            self.screen.line(f"{what}: {path}")
