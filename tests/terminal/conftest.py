"""Events as Snakemake sends them, a clock that stands until it is told, and a console that is read."""

import io
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ariigcn.terminal.run import Run


@dataclass
class Clock:
    """Seconds, as the test says."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Shown:
    """A run with its clock, its folder and what is printed."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    text: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.run = Run(self.clock)
        self.console = Console(file=self.text, width=100, highlight=False)
        self.spilt = self.folder / "jobs.log"

    def start(self, number: int, rule: str, **wildcards: str) -> Path:
        """Start a job; gives its log, which does not exist yet."""
        log = self.folder / f"{rule}.{number}.log"
        self.run.start(number, rule, wildcards, str(log))
        return log


@pytest.fixture
def shown(tmp_path):
    return Shown(tmp_path)


def record(event: str | None, message: Any = "", level: int = logging.INFO, **extra: Any):
    """A record of Snakemake's logger."""
    made = logging.LogRecord("snakemake.logging", level, "", 0, message, (), None)
    vars(made).update(extra, **({} if event is None else {"event": event}))
    return made


EPOCH = "10:00:05 INFO seed 1: epoch {} of 40, 3.1 a second, 9 s left, validation F1 {}\n"
CLIPS = "10:00:05 INFO demo: video features {} of 398, 14.4 a second, 20 s left, 3 unusable\n"
