"""Differences between experiments over paired seeds: of test scores, and of scores with masks.

python -m benchmarks.paired RESULTS --to without-game

``RESULTS`` is a results folder after ``evaluation``. Intervals are 95 %, by Student's t over the seeds;
each experiment is compared with ``--to``, and those trained with masks also with ``--masks-to``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray
from scipy.stats import t as student

from ariigcn.core.storage import read_table
from ariigcn.evaluation.metrics import read_metrics, read_run_table
from ariigcn.evaluation.missing import RANDOM_SHARES
from ariigcn.evaluation.tables.frames import ANY, FILLED_BY

Scores = dict[int, float]  # seed -> score, in per cent


def test_scores(folder: Path, score: str, split: str = "test") -> Scores:
    """A score of every seed of an experiment."""
    found = {}
    for path in sorted(folder.glob("seed-*/metrics.json")):
        splits: Mapping[str, Any] = read_metrics(path)["splits"]
        if split in splits:
            found[int(path.parent.name[5:])] = 100 * splits[split][score]
    return found


def selected(folder: Path, column: str) -> Scores:
    """A diagnostic of every seed at its selected epoch; empty where there is none."""
    found = {}
    for path in sorted(folder.glob("seed-*/history.parquet")):
        frame, head = read_run_table(path)
        if column in frame:
            value = frame.loc[frame["epoch"] == head["selected_epoch"], column].iloc[0]
            found[int(path.parent.name[5:])] = float(value)
    return found


def masked_scores(folder: Path, share: float, filled_by: str) -> Scores:
    """Weighted F1 of every seed with a share of all modalities masked at random; empty: not tested."""
    path = folder / "missing.parquet"
    if not path.exists():
        return {}
    frame = read_table(path, "scores with modalities missing")[0].to_pandas()
    own = frame[
        (frame["modality"] == ANY) & (frame["share"] == share) & (frame["filled_by"] == filled_by)
    ]
    return dict(zip(own["seed"], 100 * own["weighted_f1"], strict=True))


def mean_sd(scores: Scores) -> str:
    """Mean and standard deviation over seeds."""
    values = np.array([*scores.values()])
    return f"{values.mean():.2f} ({values.std(ddof=1):.2f})" if len(values) > 1 else ""


def difference(scores: Scores, others: Scores) -> str:
    """Mean difference over the seeds of both, and its interval."""
    both = sorted(scores.keys() & others.keys())
    if len(both) < 2:
        return ""
    each: NDArray[np.float64] = np.array([scores[s] - others[s] for s in both])
    half = student.ppf(0.975, len(each) - 1) * each.std(ddof=1) / len(each) ** 0.5
    return f"{each.mean():+.2f} [{each.mean() - half:+.2f}, {each.mean() + half:+.2f}]"


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
        row = {"validation": mean_sd(test_scores(folder, "weighted_f1", "validation"))}
        for score in ("weighted_f1", "macro_f1"):
            own = test_scores(folder, score)
            row[score] = mean_sd(own)
            row[f"{score}, difference"] = difference(own, test_scores(compared(name), score))
        row["probe"] = mean_sd(selected(folder, "probe_after"))
        row["discrepancy"] = mean_sd(selected(folder, "discrepancy_after"))
        row["seconds an epoch"] = mean_sd(selected(folder, "seconds"))
        rows[name] = row
        for filled_by in FILLED_BY:
            cells = {
                f"{share:.0%}": mean_sd(masked_scores(folder, share, filled_by))
                for share in RANDOM_SHARES
            }
            half = masked_scores(folder, 0.5, filled_by)
            for other in dict.fromkeys((folders[to], compared(name))):
                against = masked_scores(other, 0.5, FILLED_BY[0])
                cells[f"50%, minus {other.name}"] = difference(half, against)
            if any(cells.values()):
                masked[f"{name}, filled by {filled_by}"] = cells
    for table in (rows, masked):
        print(pd.DataFrame(table).T.fillna("").to_markdown())
        print()


if __name__ == "__main__":
    typer.run(main)
