"""A job's log, read while the job writes it, on this machine or on another."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from ariigcn.core.logs import Standing, read_line, read_progress

TAIL = 10  # lines of a failed job's log that are shown
SELECTED = re.compile(r".*selected epoch \d+ of \d+, validation F1 ([\d.]+)")


@dataclass
class JobLog:
    """What a job's log has said so far.

    What an earlier attempt left in the file does not count: a job empties it when it starts.

    Args:
        path: the log.

    Attributes:
        standings: where the job stands, by the unit that it counts, the outermost last.
        scores: validation F1 of each run that the job has finished.
        warnings: lines of level WARNING, in order.
        failed: a line of level ERROR or CRITICAL was seen.
    """

    path: Path
    standings: dict[str, Standing] = field(default_factory=dict)
    scores: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failed: bool = False

    def __post_init__(self) -> None:
        self._before = self._state()
        self._read = 0

    @property
    def started(self) -> bool:
        """Whether the job has written to it; a job that waits in a cluster's queue has not."""
        return self._state() not in (None, self._before)

    def update(self) -> None:
        """Read what has come since the last call; a line that is not whole yet waits."""
        if not self.started:
            return
        self._before = None
        try:
            with open(self.path, "rb") as stream:
                stream.seek(self._read)
                whole, end, _ = stream.read().rpartition(b"\n")
        except OSError:
            return  # gone, or a network file system that shows it late
        self._read += len(whole) + len(end)
        for line in whole.decode("utf-8", "replace").splitlines():
            self._take(line)

    def standing(self) -> str:
        """Where the job stands in words; empty where its log does not say."""
        shown = [str(s) for s in self.standings.values() if s.done < s.total]
        return "; ".join(reversed(shown[-2:] or [str(s) for s in self.standings.values()][-1:]))

    def share(self) -> float | None:
        """The share of the job that is done, between 0 and 1; None where its log does not say.

        Epochs do not count: a run may end before the last one, and a job may have several runs.
        """
        known = [s for unit, s in self.standings.items() if unit != "epoch" and s.total]
        return known[-1].done / known[-1].total if known else None

    def _take(self, line: str) -> None:
        level, message = read_line(line)
        standing = read_progress(message)
        if standing is not None:
            self.standings[standing.what.rpartition(" ")[2]] = standing
        elif selected := SELECTED.fullmatch(message):
            self.scores.append(selected[1])
        elif level == "WARNING":
            self.warnings.append(message)
        self.failed |= level in ("ERROR", "CRITICAL")

    def _state(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def tail(path: Path, lines: int = TAIL) -> list[str]:
    """The last lines of a file that say something; none where it cannot be read."""
    try:
        with open(path, "rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - 64_000))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]
