"""Differences between experiments over paired seeds: of test scores, and of scores with masks.

python -m benchmarks.paired RESULTS --to without-game

``RESULTS`` is a results folder after ``evaluation``. Intervals are 95 %, by Student's t over the seeds;
each experiment is compared with ``--to``, and those trained with masks also with ``--masks-to``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from ariigcn.core.storage import read_table
from ariigcn.evaluation.run_files import at_selected, read_metrics, read_run_table
from ariigcn.evaluation.tables.frames import ANY, FILLED_BY, mean_sd, percent, student_interval
from ariigcn.evaluation.tables.latex import signed, span

BySeed = dict[int, float]
HALF = 0.5  # of all modalities masked: the share at which experiments are compared


def scores(folder: Path, score: str, split: str = "test") -> BySeed:
    """A score of every seed of an experiment."""
    found = {}
    for path in sorted(folder.glob("seed-*/metrics.json")):
        splits: Mapping[str, Any] = read_metrics(path)["splits"]
        if split in splits:
            found[_seed(path)] = splits[split][score]
    return found


def diagnostics(folder: Path, column: str) -> BySeed:
    """A diagnostic of every seed at its selected epoch; empty where there is none."""
    paths = sorted(folder.glob("seed-*/history.parquet"))
    found = {_seed(path): at_selected(*read_run_table(path), column) for path in paths}
    return {seed: value for seed, value in found.items() if value is not None}


def masked_scores(folder: Path, filled_by: str) -> dict[float, BySeed]:
    """Weighted F1 of every seed by share of all modalities masked at random; empty: not tested."""
    path = folder / "missing.parquet"
    if not path.exists():
        return {}
    frame = read_table(path, "scores with modalities missing")[0].to_pandas()
    own = frame[(frame["modality"] == ANY) & (frame["filled_by"] == filled_by)]
    return {
        share: dict(zip(rows["seed"], rows["weighted_f1"], strict=True))
        for share, rows in own.groupby("share")
    }


def difference(own: BySeed, others: BySeed) -> str:
    """Mean difference in points over the seeds of both, and its interval; empty for one seed."""
    values = [own[seed] - others[seed] for seed in sorted(own.keys() & others.keys())]
    if len(values) < 2:
        return ""
    mean, sd = mean_sd(values)
    return f"{signed(mean)} {span(*student_interval(mean, sd, len(values)), signs=True)}"


def _seed(path: Path) -> int:
    return int(path.parent.name.removeprefix("seed-"))


def _percent(values: BySeed) -> str:
    return percent(*mean_sd([*values.values()]))


def _plain(values: BySeed) -> str:
    return "{:.2f} ± {:.2f}".format(*mean_sd([*values.values()])) if values else ""


def main(
    results: Path,
    to: Annotated[str, typer.Option(help="The experiment to compare with.")],
    masks_to: Annotated[str, typer.Option(help="The same among those trained with masks.")] = "",
) -> None:
    """Print the tables as Markdown."""
    folders = {p.parent.parent.name: p.parent.parent for p in results.glob("*/seed-0/metrics.json")}

    def compared(name: str) -> Path:
        return folders[masks_to if masks_to and name.startswith(masks_to) else to]

    rows, masked = {}, {}
    for name, folder in sorted(folders.items()):
        row = {"validation": _percent(scores(folder, "weighted_f1", "validation"))}
        for score in ("weighted_f1", "macro_f1"):
            own = scores(folder, score)
            row[score] = _percent(own)
            row[f"{score}, difference"] = difference(own, scores(compared(name), score))
        row["probe"] = _plain(diagnostics(folder, "probe_after"))
        row["discrepancy"] = _plain(diagnostics(folder, "discrepancy_after"))
        row["seconds an epoch"] = _plain(diagnostics(folder, "seconds"))
        rows[name] = row
        for filled_by in FILLED_BY:
            by_share = masked_scores(folder, filled_by)
            cells = {f"{share:.0%}": _percent(values) for share, values in by_share.items()}
            for other in dict.fromkeys((folders[to], compared(name))):
                against = masked_scores(other, FILLED_BY[0]).get(HALF, {})
                cells[f"{HALF:.0%}, minus {other.name}"] = difference(
                    by_share.get(HALF, {}), against
                )
            if any(cells.values()):
                masked[f"{name}, filled by {filled_by}"] = cells
    for table in (rows, masked):
        print(pd.DataFrame(table).T.fillna("").to_markdown())
        print()


if __name__ == "__main__":
    typer.run(main)
