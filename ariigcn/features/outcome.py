"""Whether what came out of an extraction may become a store, decided by its rows' statuses alone.

Failed are rows whose file is not there or could not be read or encoded. Rows for which the table names
nothing, and clips without a track or a face, are as their corpus is: they are masked, no failures.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.modality import Modality
from ariigcn.features.store import Rows, Status

FAILURES = (Status.NO_FILE, Status.FAILED)
# Reasons that an error lists.
LISTED = 5


@dataclass
class Outcome:
    """The rows of a store on their way, counted.

    Attributes:
        what: the corpus and the modality, for the error.
        modality: the modality.
        media_root: the folder that its files were looked for in.
        max_failed_share: more failures than this are an error, a share of the rows that name something.
        where: an utterance's id -> what more there is to tell of its file.
        at_least_one: whether it is an error where no row can be used.
        mend: what to do so that the same command tries again.
    """

    what: str
    modality: Modality
    media_root: Path
    max_failed_share: float
    where: Callable[[str], str] = lambda _: ""
    at_least_one: bool = True
    mend: str = "run the same command again: finished results are kept, failed ones are tried again"
    counts: Counter[Status] = field(default_factory=Counter)
    _first: list[tuple[str, Status, str]] = field(default_factory=list)

    def watch(self, blocks: Iterable[Rows], check: bool = True) -> Iterator[Rows]:
        """The same rows; after the last of them, an error where they may not become a store.

        ``check``: False for a part of a corpus, which may hold nothing but failures.

        Raises:
            DataError: no row can be used, or too many failed.
        """
        for rows in blocks:
            self.counts.update(rows.status)
            if len(self._first) < LISTED:
                told = zip(rows.utterance_ids, rows.status, rows.messages, strict=True)
                bad = [row for row in told if row[1] not in (Status.OK, Status.MISSING)]
                self._first += bad[: LISTED - len(self._first)]
            yield rows
        if check and (problem := self._problem()):
            raise DataError(problem)

    def __str__(self) -> str:
        return ", ".join(f"{n:,} {status}" for status, n in self.counts.most_common())

    def _problem(self) -> str:
        total, failed = self.counts.total(), sum(self.counts[status] for status in FAILURES)
        named = total - self.counts[Status.MISSING]
        usable = self.counts[Status.OK] or not self.at_least_one
        if not total or (usable and failed <= self.max_failed_share * named):
            return ""
        mend = f"{self.mend}. First"
        if not named:
            nothing = "no text that can be used" if self.modality == "text" else "no media"
            return (
                f"{self.what}: {nothing} in the table; leave the modality out of model.modalities and "
                "of the experiments (as workflow/presets/meld-text.yaml does)"
            )
        if failed <= self.max_failed_share * named:
            title = (
                f"no utterance can be used ({self}); leave the modality out (model.modalities), or "
                f"change its encoder's parameters and {mend}"
            )
        else:
            title = (
                f"{failed:,} of {named:,} utterances failed ({self}), more than "
                f"features.max_failed_share ({self.max_failed_share:g}); their files were "
                f"searched in {self.media_root}; repair them or raise the share, and {mend}"
            )
        lines = [f"{i}: {m or s}{self.where(i)}" for i, s, m in self._first]
        return problem_list(f"{self.what}: {title}", lines)
