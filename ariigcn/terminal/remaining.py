"""The time that is left: from jobs that have finished, from earlier runs, from where jobs stand."""

import csv
from collections import Counter
from pathlib import Path

from ariigcn.terminal.run import Run


def earlier_seconds(benchmarks: Path) -> dict[str, float]:
    """The mean seconds of a job by rule, from Snakemake's benchmark files of an earlier run."""
    seconds: dict[str, list[float]] = {}
    for path in benchmarks.glob("*.tsv"):
        try:
            with open(path, newline="", encoding="utf-8") as stream:
                rows = [float(row["s"]) for row in csv.DictReader(stream, delimiter="\t")]
        except (OSError, KeyError, ValueError):
            continue  # cut off, or of another program
        seconds.setdefault(path.name.partition(".")[0], []).extend(rows)
    return {rule: sum(found) / len(found) for rule, found in seconds.items() if found}


def time_left(run: Run) -> tuple[float, bool] | None:
    """Seconds until the run ends, and whether every job is in them; None where nothing is known.

    A job takes what jobs of its rule took in this run or, where there is none, in an earlier one; of a
    running job that says its share, the rest. As many jobs run at a time as did so far.
    """
    work, known, whole = 0.0, False, True
    waiting = Counter(run.totals)
    waiting.subtract({rule: len(found) for rule, found in run.finished.items()})
    now = run.clock()
    for job in run.running.values():
        waiting[job.rule] -= 1
        spent, usual = now - job.since, _usual(run, job.rule)
        share = job.log.share() if job.log else None
        if share:
            usual = spent / share
        known, whole = known or usual is not None, whole and usual is not None
        work += max((usual or 0.0) - spent, 0.0)
    for rule, count in waiting.items():
        usual = _usual(run, rule)
        if count > 0:
            known, whole = known or usual is not None, whole and usual is not None
            work += count * (usual or 0.0)
    return (work / _at_once(run), whole) if known else None


def words(seconds: float) -> str:
    """A span of time as people say it: ``41 s``, ``4 min 10 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def left_words(run: Run) -> str:
    """The time left in words; empty where nothing is known of it."""
    found = time_left(run)
    if found is None:
        return ""
    seconds, whole = found
    coarse = round(seconds, -1) if seconds < 120 else round(seconds / 60) * 60
    return f"{'about' if whole else 'at least'} {words(max(coarse, 10))} left"


def _usual(run: Run, rule: str) -> float | None:
    """What a job of a rule takes."""
    found = run.finished.get(rule)
    return sum(found) / len(found) if found else run.earlier.get(rule)


def _at_once(run: Run) -> float:
    """How many jobs ran at a time so far, at least one."""
    now = run.clock()
    spent = sum(map(sum, run.finished.values())) + sum(
        now - job.since for job in run.running.values()
    )
    return max(spent / max(run.seconds, 1e-9), 1.0)
