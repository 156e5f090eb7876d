"""The confusion matrix of one experiment."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ariigcn.evaluation.figures.style import COLUMN, PALETTE, SMALL, save, save_nothing, style
from ariigcn.evaluation.tables.frames import NONE, read_seeds

WHITE_FROM = 0.72  # share from which a cell is dark enough for white text (contrast above 4)
NUMBERED = 10  # classes, at most, whose cells have room for numbers


def draw_confusion(metrics: Sequence[Path], out: Path) -> None:
    """Confusion matrix of one experiment's test split, summed over seeds: row per cent and counts."""
    with style():
        seeds = read_seeds(metrics)
        tests = [s["splits"]["test"] for s in seeds if "test" in s["splits"]]
        if not tests:
            return save_nothing(out, "the test split has no labelled utterance.")
        counts = np.sum([test["confusion"] for test in tests], axis=0)
        labels = seeds[0]["labels"]
        figure = Figure(figsize=(COLUMN, COLUMN - 0.15))
        axes = figure.add_subplot()
        _draw_cells(axes, counts)
        at = np.arange(len(labels))
        slanted: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(at, labels, **(slanted if max(map(len, labels)) > 5 else {}))
        axes.set_yticks(at, labels)
        axes.set(
            xlim=(-0.5, len(labels) - 0.5),
            ylim=(len(labels) - 0.5, -0.5),
            xlabel="Predicted",
            ylabel="True",
            aspect="equal",
        )
        axes.tick_params(length=0, labelcolor=PALETTE["ink"])
        if len(labels) > NUMBERED:
            axes.tick_params(labelsize=min(SMALL, 150 / len(labels)))  # so that names lie apart
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        save(figure, out, _confusion_title(counts, labels, len(tests)))
    return None


def _draw_cells(axes: Axes, counts: NDArray[np.int64]) -> None:
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, where=totals > 0, out=np.zeros(counts.shape))
    for (row, column), share in np.ndenumerate(shares):
        axes.add_patch(
            Rectangle(
                (column - 0.48, row - 0.48), 0.96, 0.96, facecolor=PALETTE["cell"], alpha=share
            )
        )
        if len(counts) > NUMBERED:
            continue
        color = "#ffffff" if share > WHITE_FROM else PALETTE["ink"]
        if not totals[row, 0]:
            axes.text(column, row, NONE, ha="center", va="center", color=PALETTE["muted"])
            continue
        strong = "bold" if row == column else "normal"
        axes.text(column, row + 0.05, f"{100 * share:.0f}", ha="center", color=color, weight=strong)
        axes.text(
            column, row + 0.34, f"{counts[row, column]:,}", ha="center", color=color, fontsize=5.5
        )


def _confusion_title(counts: NDArray[np.int64], labels: list[str], seeds: int) -> str:
    recalls = [
        f"{label} {100 * counts[i, i] / counts[i].sum():.0f}\N{NO-BREAK SPACE}%"
        for i, label in enumerate(labels)
        if counts[i].sum()
    ]
    cells = "Large: per cent of the true class; small: utterances"
    if len(labels) > NUMBERED:
        cells = "Darker: more of the true class"
    return (
        f"Test split, summed over {seeds} seed{'s' * (seeds != 1)}. {cells}. "
        f"Recall: {', '.join(recalls)}."
    )
