"""What a run was for: its results, where they lie, in a few lines at its end."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.table import Table

from ariigcn.core.seals import verify
from ariigcn.plan.plan import Plan

NONE = "\N{EN DASH}"  # where there is nothing to measure
RESULTS = frozenset(("all", "evaluation", "paper"))
REPORT = frozenset(("all", "report", "paper"))


@dataclass(frozen=True)
class Outcome:
    """The files that people look for after a run.

    Args:
        results: the table of results.
        report: the page.
        tuned: the overlay of a search.
        predictions: what a trained model predicts, and the page of it; none in a run that trains.
    """

    results: Path
    report: Path
    tuned: Path
    predictions: tuple[Path, ...] = ()

    @classmethod
    def of(cls, plan: Plan) -> "Outcome":
        """The outcome of a plan."""
        files = plan.files
        predicted = (files.predictions_page, files.predictions) if plan.trained else ()
        return cls(
            Path(files.csv("results")),
            Path(files.report),
            Path(files.tuned),
            tuple(map(Path, predicted)),
        )

    def table(self, targets: Iterable[str]) -> Table | None:
        """The results, an experiment a row; None where the targets make none.

        Raises:
            DataError: the table is damaged.
        """
        asked = RESULTS & set(targets)
        return None if self.predictions or not asked else results_table(self.results)

    def places(self, targets: Iterable[str]) -> list[tuple[str, Path]]:
        """What the targets make and is there, each with its path."""
        asked = set(targets)
        if self.predictions:
            named = [("The predictions", path) for path in self.predictions]
        else:
            named = [("The report", self.report)] if asked & REPORT else []
            named += [("The tables", self.results.parent)] if asked == {"evaluation"} else []
            named += [("The best values found, an overlay", self.tuned)] if "tune" in asked else []
        return [(what, path.resolve()) for what, path in named if path.exists()]


def results_table(path: Path) -> Table | None:
    """The table of results for a terminal; None where there is none.

    Raises:
        DataError: the table is damaged.
    """
    if not path.exists():
        return None
    with open(verify(path), newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    title = "Test split, mean ± standard deviation over seeds"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("experiment", overflow="fold")
    for name in ("weighted F1", "accuracy", "seeds"):
        table.add_column(name, justify="right")
    for row in rows:
        scores = [_percent(row, "weighted_f1"), _percent(row, "accuracy")]
        table.add_row(row["experiment"], *scores, row["seeds"])
    return table


def _percent(row: dict[str, str], score: str) -> str:
    mean, sd = row[f"{score}_mean"], row[f"{score}_sd"]
    if not mean:
        return NONE
    return f"{100 * float(mean):.1f}" + (f" ± {100 * float(sd):.1f}" if sd else "")
