"""Snakemake's logger plugin: its events in, what people see out.

Snakemake loads this in each of its processes, so that what is heavy is imported where a run begins.
Full texts (inputs, outputs, reasons) are in Snakemake's own log, ``.snakemake/log``.
"""

import logging
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

if TYPE_CHECKING:
    from ariigcn.terminal.show import Show

LOGS = Path(".snakemake", "log")
VIEWS = ("auto", "lines", "snakemake")


def _known_view(name: str) -> str:
    if name not in VIEWS:
        raise ValueError(f"unknown view '{name}'; known: {', '.join(VIEWS)}")
    return name


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """The options of the plugin, after ``--logger-ariigcn-`` or in a profile."""

    view: str = field(
        default="auto",
        metadata={
            "help": "auto: a live view on a terminal, plain lines elsewhere; lines: plain lines; "
            "snakemake: Snakemake's own text.",
            "parse_func": _known_view,
            "unparse_func": str,
        },
    )


class LogHandler(LogHandlerBase):
    """Shows a run; whatever is no run, and who asks for Snakemake's words, gets Snakemake's.

    That is: ``--logger-ariigcn-view snakemake``, dry runs, ``--quiet``, ``--verbose``,
    ``--debug-dag``, ``--printshellcmds``, ``--lint``, ``--summary`` and their like.
    """

    def __post_init__(self) -> None:
        self._own: logging.Handler | None = None
        self._waiting: list[logging.LogRecord] = []
        self._show: Show | None = None
        self._outcome: Any = None

    @property
    def writes_to_stream(self) -> bool:
        """It replaces Snakemake's handler of standard error."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Snakemake writes its own file beside it."""
        return False

    @property
    def has_filter(self) -> bool:
        """It needs every event."""
        return True

    @property
    def has_formatter(self) -> bool:
        """It has words of its own."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """It does not draw one."""
        return False

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record; an error in here must not end the thread that all records pass."""
        try:
            if self._wants_snakemake():
                self._snakemake().handle(record)
            else:
                self._take(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """The run is over: its end is shown, and standard error is again what it was."""
        if self._show is not None:
            self._show.close()
            self._show = None
        for record in self._waiting:  # no run began: these are all that is said
            self._snakemake().handle(record)
        self._waiting = []
        super().close()

    def _take(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if hasattr(record, "outcome"):
            self._outcome = record.outcome
        elif self._show is not None:
            self._show.take(event, record)
        elif event == LogEvent.WORKFLOW_STARTED:
            self._begin(record)
        elif record.levelno >= logging.WARNING:
            if record.levelno >= logging.ERROR:
                self._waiting = []  # the error stands last, where it is read
            self._snakemake().handle(record)
        else:
            self._waiting.append(record)

    def _begin(self, record: logging.LogRecord) -> None:
        from ariigcn.terminal.show import Show

        self._waiting = []  # what is said before every run
        spilt = LOGS / f"{time.strftime('%Y-%m-%dT%H%M%S')}.{os.getpid()}.jobs.log"
        command = str(getattr(record, "cmd", ""))
        plain = self.common_settings.nocolor or self._view == "lines"
        self._show = Show(spilt, self._outcome, command, plain=plain)

    @property
    def _view(self) -> str:
        view = getattr(self.settings, "view", None)
        return str(view or VIEWS[0])

    def _wants_snakemake(self) -> bool:
        asked = self.common_settings
        words = asked.quiet or asked.verbose or asked.debug_dag or asked.printshellcmds
        return bool(self._view == "snakemake" or asked.dryrun or words)

    def _snakemake(self) -> logging.Handler:
        """Snakemake's own handler, made as it makes it itself."""
        if self._own is None:
            from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter

            asked = self.common_settings
            stream = sys.stdout if asked.stdout else sys.stderr
            self._own = ColorizingTextHandler(
                nocolor=asked.nocolor,
                stream=stream,
                formatter=DefaultFormatter(asked.quiet, asked.show_failed_logs),
                filter=DefaultFilter(
                    asked.quiet, asked.debug_dag, asked.verbose, asked.dryrun, asked.printshellcmds
                ),
            )
        return self._own
