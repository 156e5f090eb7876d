"""A results folder as a comparison reads it: its experiments, their runs and their settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ariigcn.core.errors import DataError
from ariigcn.core.settings import dotted
from ariigcn.core.storage import read_json
from ariigcn.evaluation.tables.frames import read_frame

PREDICTIONS = "predictions.parquet"
# Of a model's head: they follow from the rest.
UNCOMPARED = {"format", "seal", "people", "dimensions"}
OF_RUN = {"training.experiment", "training.seed"}


@dataclass(frozen=True)
class Results:
    """A folder such as ``results/demo``: experiment -> the folders of its runs, the main one first."""

    folder: Path
    runs: Mapping[str, tuple[Path, ...]]

    def predictions(self, experiment: str) -> list[Path]:
        """The seeds' predictions of an experiment."""
        return [run / PREDICTIONS for run in self.runs[experiment]]

    def settings(self, experiment: str) -> dict[str, str]:
        """Everything that decided an experiment's models, as ``model.losses.margin`` -> ``0.5``."""
        run = self.runs[experiment][0]
        head = read_json(run / "model" / "config.json", "a model's head")
        kept = {key: value for key, value in head.items() if key not in UNCOMPARED}
        seeds = ", ".join(_seed(run) for run in self.runs[experiment])
        flat = {key: _told(value) for key, value in dotted(kept).items() if key not in OF_RUN}
        return flat | {"seeds": seeds}


def read_results(folder: Path) -> Results:
    """Find the experiments of a results folder.

    Raises:
        DataError: it is no folder, or holds no finished experiment.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: not a folder; name a corpus's results, such as results/demo")
    found: dict[str, list[Path]] = {}
    paths = [p for p in folder.glob(f"*/seed-*/{PREDICTIONS}") if _seed(p.parent).isdecimal()]
    for path in sorted(paths, key=lambda p: (p.parent.parent.name, int(_seed(p.parent)))):
        found.setdefault(path.parent.parent.name, []).append(path.parent)
    if not found:
        inside = sorted({p.parents[2].name for p in folder.glob(f"*/*/seed-*/{PREDICTIONS}")})
        one = f", such as {folder / inside[0]}" if inside else " that a run has finished"
        raise DataError(f"{folder}: holds no experiment; name the results of one corpus{one}")
    listed = folder / "tables" / "results.csv"  # the configuration's order
    order = read_frame(listed)["experiment"].tolist() if listed.is_file() else []
    names = [name for name in order if name in found]
    names += [name for name in found if name not in names]
    return Results(folder, {name: tuple(found[name]) for name in names})


def _seed(run: Path) -> str:
    return run.name.removeprefix("seed-")


def _told(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
