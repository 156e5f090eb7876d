"""Figures of scores: accuracy of every experiment, and one experiment's confusion matrix."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ariigcn.corpora.table import read_corpus
from ariigcn.evaluation.figures.style import PALETTE, save, save_nothing, style
from ariigcn.evaluation.tables.frames import NONE, percent, read_seeds, results_frame

WHITE_FROM = 0.72  # share from which a cell is dark enough for white text (contrast above 4)


def draw_results(metrics: Mapping[str, Sequence[Path]], table: Path, out: Path) -> None:
    """Test accuracy of every experiment, mean and sd over seeds, with what is reachable."""
    with style():
        frame = results_frame(metrics, read_corpus(table))
        figure = Figure(figsize=(7.2, 0.9 + 0.36 * len(frame)))
        axes = figure.add_subplot()
        y = np.arange(len(frame))
        mean, sd = 100 * frame["accuracy_mean"], 100 * frame["accuracy_sd"]
        axes.barh(y, mean, height=0.62, color=PALETTE["bar"])
        axes.errorbar(mean, y, xerr=sd.fillna(0), fmt="none", color=PALETTE["ink"], capsize=2.5)
        reachable = 100 * frame["reachable_accuracy"]
        axes.vlines(reachable, y - 0.42, y + 0.42, color=PALETTE["audio"], linewidth=2)
        for row, spread in enumerate(
            zip(frame["accuracy_mean"], frame["accuracy_sd"], strict=True)
        ):
            axes.annotate(
                percent(*spread),
                (1, row),
                xytext=(6, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                annotation_clip=False,
            )
        axes.set_yticks(y, frame["experiment"], color=PALETTE["ink"])
        axes.set(xlim=(0, 100), ylim=(len(frame) - 0.5, -0.5), xlabel="Test accuracy (%)")
        axes.grid(visible=False, axis="y")
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
        save(figure, out, _results_title(frame))


def _results_title(frame: pd.DataFrame) -> str:
    title = "Test accuracy in per cent: bars are means over seeds, whiskers one standard deviation"
    if frame["reachable_accuracy"].notna().any():
        title += "; the upright mark is what is reachable from the same modalities with context"
    return title + "."


def draw_confusion(metrics: Sequence[Path], out: Path) -> None:
    """Confusion matrix of one experiment's test split, summed over seeds: row per cent and counts."""
    with style():
        seeds = read_seeds(metrics)
        tests = [s["splits"]["test"] for s in seeds if "test" in s["splits"]]
        if not tests:
            return save_nothing(out, "the test split has no labelled utterance.")
        counts = np.sum([test["confusion"] for test in tests], axis=0)
        labels = seeds[0]["labels"]
        side = 1.5 + 0.66 * len(labels)
        figure = Figure(figsize=(side, side - 0.3))
        axes = figure.add_subplot()
        _draw_cells(axes, counts)
        at = np.arange(len(labels))
        slanted: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(at, labels, **(slanted if max(map(len, labels)) > 8 else {}))
        axes.set_yticks(at, labels)
        axes.set(
            xlim=(-0.5, len(labels) - 0.5),
            ylim=(len(labels) - 0.5, -0.5),
            xlabel="Predicted",
            ylabel="True",
            aspect="equal",
        )
        axes.tick_params(length=0, labelcolor=PALETTE["ink"])
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
        color = "#ffffff" if share > WHITE_FROM else PALETTE["ink"]
        if not totals[row, 0]:
            axes.text(column, row, NONE, ha="center", va="center", color=PALETTE["muted"])
            continue
        strong = "bold" if row == column else "normal"
        axes.text(column, row - 0.02, f"{100 * share:.0f}", ha="center", color=color, weight=strong)
        axes.text(
            column, row + 0.26, f"{counts[row, column]:,}", ha="center", color=color, fontsize=7
        )


def _confusion_title(counts: NDArray[np.int64], labels: list[str], seeds: int) -> str:
    recalls = [
        f"{label} {100 * counts[i, i] / counts[i].sum():.0f}\N{NO-BREAK SPACE}%"
        for i, label in enumerate(labels)
        if counts[i].sum()
    ]
    return (
        f"Test split, summed over {seeds} seed{'s' * (seeds != 1)}. Large: per cent of the true "
        f"class; small: utterances. Recall: {', '.join(recalls)}."
    )
