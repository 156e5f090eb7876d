"""A run of the workflow, as Snakemake's events tell it: jobs, stages, failures."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ariigcn.terminal.joblog import JobLog
from ariigcn.terminal.stages import OTHER, STAGE_OF, TARGETS, stage_of, title


@dataclass
class Job:
    """One job that has been started.

    Args:
        rule: its rule.
        name: what people call it.
        log: its log; None where its rule names none.
        since: when it was started or put into a queue, seconds of the run's clock.
    """

    rule: str
    name: str
    log: JobLog | None
    since: float

    def words(self) -> str:
        """The job and where it stands."""
        if self.log is None:
            return self.name
        self.log.update()
        standing = self.log.standing() if self.log.started else "starting"
        if not standing:
            return self.name
        # A job of several seeds says which one it is at; a job of one has it in its name already.
        seed, colon, rest = standing.partition(": ")
        if colon and self.name.endswith(f", {seed}"):
            standing = rest
        return f"{self.name}{', ' if standing.startswith('seed ') else ': '}{standing}"


@dataclass
class Run:
    """What is to be done and what has been done.

    Attributes:
        clock: gives seconds, and only goes forward.
        totals: jobs by rule, without target rules.
        targets: the target rules that are asked for.
        running: jobs by Snakemake's number.
        finished: seconds of each finished job, by rule.
        failed: names of the jobs that have failed, in order.
        earlier: seconds that a job of a rule took in an earlier run, by rule.
    """

    clock: Callable[[], float] = time.monotonic
    totals: dict[str, int] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)
    running: dict[int, Job] = field(default_factory=dict)
    finished: dict[str, list[float]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    earlier: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def plan(self, jobs: Mapping[str, int]) -> None:
        """Take the jobs by rule that the run will do."""
        self.targets |= TARGETS & set(jobs)
        self.totals = {r: n for r, n in jobs.items() if r not in TARGETS and r != "total"}

    def start(
        self, number: int, rule: str, wildcards: Mapping[str, str], log: str | None
    ) -> Job | None:
        """Take a job that starts, or that starts again; None for a target rule."""
        if rule in TARGETS:
            return None
        self.failed.pop(number, None)
        name = title(rule, wildcards)
        job = Job(rule, name, JobLog(Path(log)) if log else None, self.clock())
        self.running[number] = job
        return job

    def finish(self, number: int) -> tuple[Job, float] | None:
        """Take a job that ended well, with its seconds; None for one that is not known."""
        job = self.running.pop(number, None)
        if job is None:
            return None
        seconds = self.clock() - job.since
        self.finished.setdefault(job.rule, []).append(seconds)
        return job, seconds

    def fail(self, number: int) -> tuple[Job, float] | None:
        """Take a job that failed, with its seconds; None for one that is not known."""
        job = self.running.pop(number, None)
        if job is None:
            return None
        self.failed[number] = job.name
        return job, self.clock() - job.since

    @property
    def seconds(self) -> float:
        """How long the run has taken."""
        return self.clock() - self.began

    @property
    def done(self) -> int:
        """How many jobs have ended well."""
        return sum(map(len, self.finished.values()))

    @property
    def total(self) -> int:
        """How many jobs there are."""
        return sum(self.totals.values())

    def stages(self) -> dict[str, tuple[int, int]]:
        """Each stage of the run, in order -> jobs done, jobs in all."""
        done: Counter[str] = Counter()
        total: Counter[str] = Counter()
        for rule, count in self.totals.items():
            total[stage_of(rule)] += count
            done[stage_of(rule)] += len(self.finished.get(rule, ()))
        order = dict.fromkeys((*STAGE_OF.values(), OTHER))
        return {stage: (done[stage], total[stage]) for stage in order if total[stage]}
