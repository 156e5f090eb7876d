"""What is shown while the workflow runs: lines, and on a terminal a live view below them."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event, RLock, Thread

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ariigcn.core.console import harmless
from ariigcn.terminal.joblog import tail
from ariigcn.terminal.remaining import left_words, words
from ariigcn.terminal.run import Job, Run

REFRESH = 4  # times a second
SHOWN_JOBS = 12
BAR = 28  # characters


class Lines:
    """Plain lines for a log file: one for each job that has ended, warnings once, failures.

    Args:
        run: what is told.
        console: where to.
        spilt: the file that takes what jobs print past their logs.
    """

    def __init__(self, run: Run, console: Console, spilt: Path) -> None:
        self.run, self.console, self.spilt = run, console, spilt
        self._warned: set[str] = set()

    def begin(self) -> None:
        """The run's jobs are known."""
        stages = ", ".join(f"{stage} {total}" for stage, (_, total) in self.run.stages().items())
        self.line(f"{self.run.total} jobs: {stages}")

    def finished(self, job: Job, seconds: float) -> None:
        """A job ended well."""
        scores = job.log.scores if job.log else []
        told = f", validation F1 {', '.join(scores)}" if scores else ""
        place = f"{self.run.done:{len(str(self.run.total))}} of {self.run.total}"
        self.line(f"{place}  {job.name}{told}, {words(seconds)}")

    def failed(self, job: Job, seconds: float, logs: Sequence[Path]) -> None:
        """A job failed: its last lines and where the rest of them is."""
        path, last = self._last_lines(job, logs)
        self.line(f"FAILED  {job.name}, after {words(seconds)}. The end of {path}:", "bold red")
        for line in last:
            self.line(f"  {line}")

    def warning(self, text: str) -> None:
        """Something to know, once."""
        if text not in self._warned:
            self._warned.add(text)
            self.line(f"warning: {text}", "yellow")

    def line(self, text: str, style: str = "") -> None:
        """One line; long ones are not cut."""
        self.console.print(Text(harmless(text), style=style), soft_wrap=True)

    def close(self) -> None:
        """The run is over."""

    def _last_lines(self, job: Job, logs: Sequence[Path]) -> tuple[Path, list[str]]:
        """The log that tells why: the job's own if it says so, else a cluster's, else what was spilt."""
        if job.log is not None:
            job.log.update()
            if job.log.failed:
                return job.log.path, tail(job.log.path)
        others = [path for path in logs if job.log is None or path != job.log.path]
        for path in (*others, self.spilt):
            if last := tail(path):
                return path, last
        return (job.log.path, tail(job.log.path)) if job.log else (self.spilt, [])


class LiveView(Lines):
    """The lines, but for jobs that ended well, above a view of stages and running jobs.

    Rich's display has a lock of its own. Who prints holds the run's lock and then takes that one; so
    must who draws, and rich's own thread takes them the other way round. The view has its own thread.

    Args:
        run, console, spilt: as for :class:`Lines`.
        lock: held while the run is looked at; who changes the run holds it.
    """

    def __init__(self, run: Run, console: Console, spilt: Path, lock: RLock) -> None:
        super().__init__(run, console, spilt)
        self._lock, self._over = lock, Event()
        self._live = Live(
            get_renderable=lambda: view(run),
            console=console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._drawing = Thread(target=self._draw, daemon=True)

    def begin(self) -> None:
        """The run's jobs are known: the view appears."""
        if not self._live.is_started:
            self._live.start(refresh=True)
            self._drawing.start()

    def finished(self, job: Job, seconds: float) -> None:
        """A job ended well: the view shows it."""

    def close(self) -> None:
        """The run is over; the last view stays. Who calls it does not hold the lock."""
        self._over.set()
        self._drawing.join()
        with self._lock:
            self._live.stop()

    def _draw(self) -> None:
        while not self._over.wait(1 / REFRESH):
            with self._lock:
                self._live.refresh()


def view(run: Run) -> RenderableType:
    """Stages with their bars, the time, and the jobs that run."""
    stages = Table.grid(padding=(0, 2))
    for stage, (done, total) in run.stages().items():
        style = "dim" if not done else "green" if done == total else ""
        bar = ProgressBar(total, done, BAR, complete_style="cyan", finished_style="green")
        stages.add_row(Text(stage, style=style), bar, Text(f"{done} of {total}", style=style))
    jobs = [_jobs(run)] if run.running else []  # first: it reads their logs
    return Padding(Group(stages, _time(run), *jobs), (1, 0, 0, 0))


def _time(run: Run) -> Text:
    told = [f"{run.done} of {run.total} jobs", words(run.seconds)]
    if run.running and (left := left_words(run)):
        told.append(left)
    if run.failed:
        told.append(f"{len(run.failed)} failed")
    return Text(", ".join(told), style="bold red" if run.failed else "bold")


def _jobs(run: Run) -> Table:
    now = run.clock()
    table = Table.grid(padding=(0, 2), expand=False)
    table.add_column(overflow="ellipsis", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    jobs = list(run.running.values())
    for job in jobs[:SHOWN_JOBS]:
        table.add_row(Text(f"  {job.words()}"), Text(words(now - job.since), style="dim"))
    if len(jobs) > SHOWN_JOBS:
        table.add_row(Text(f"  and {len(jobs) - SHOWN_JOBS} more", style="dim"))
    return table
