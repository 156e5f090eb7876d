"""Figures of the statistics: differences, calibration, missing modalities."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ariigcn.core.modality import MODALITIES
from ariigcn.evaluation.figures.intervals import (
    KINDS,
    draw_legend,
    draw_rows,
    left_out,
    row_axes,
    with_rows,
)
from ariigcn.evaluation.figures.style import COLUMN, PALETTE, save, save_nothing, style
from ariigcn.evaluation.predictions import read_predictions
from ariigcn.evaluation.statistics.calibration import BINS, Reliability, reliability
from ariigcn.evaluation.tables.frames import ANY, FILLED_BY, mean_sd, percent, read_frame

# Told apart by dash as well as by colour.
LINES: tuple[dict[str, Any], ...] = (
    {"color": PALETTE["text"], "linestyle": "-", "marker": "o"},
    {"color": PALETTE["audio"], "linestyle": (0, (5, 2)), "marker": "s"},
    {"color": PALETTE["video"], "linestyle": (0, (1, 1.5)), "marker": "^"},
    {"color": PALETTE["muted"], "linestyle": (0, (5, 2, 1, 2)), "marker": "D"},
)


def draw_comparisons(table: Path, out: Path, curved: Collection[str] = frozenset()) -> None:
    """Each experiment's difference in weighted F1 to the main one, with both its intervals.

    Args:
        table: ``comparisons.csv``.
        out: the SVG file.
        curved: experiments that a figure of a grid shows.
    """
    every = read_frame(table)
    every = every[every["weighted_f1_difference"].notna()].reset_index(drop=True)
    frame = with_rows(every, curved)
    if not len(frame):
        return save_nothing(out, "there is no second experiment to compare.")
    with style():
        figure, axes = row_axes(len(frame))
        axes.axvline(0, color=PALETTE["muted"], linewidth=1, linestyle=(0, (4, 3)))
        columns = {"dialogues": "weighted_f1", "seeds": "seeds"}
        draw_rows(
            axes,
            frame["experiment"].tolist(),
            100 * frame["weighted_f1_difference"],
            {k: (100 * frame[f"{c}_low"], 100 * frame[f"{c}_high"]) for k, c in columns.items()},
        )
        axes.set_xlabel("Difference in weighted F1 (points)")
        draw_legend(figure, axes)
        save(figure, out, _comparisons_title(every, len(frame)))
    return None


def _comparisons_title(frame: pd.DataFrame, rows: int) -> str:
    found = [
        f"{verdict}: {', '.join(frame.loc[frame['verdict'] == verdict, 'experiment'])}"
        for verdict in dict.fromkeys(frame["verdict"])
    ]
    return (
        f"Test weighted F1 minus that of {frame['against'].iloc[0]}, in points"
        f"{left_out(rows, len(frame))}. {KINDS}. "
        f"After Holm {'; '.join(found)}."
    )


def draw_reliability(predictions: Sequence[Path], out: Path) -> None:
    """Accuracy by confidence in bins of equal width, all seeds' test predictions together."""
    own = read_predictions(predictions)
    if not len(own.true):
        return save_nothing(out, "the test split has no labelled utterance.")
    pooled = reliability(own.confidence.ravel(), own.correct.ravel())
    errors = [reliability(*pair).error for pair in zip(own.confidence, own.correct, strict=True)]
    with style():
        figure = Figure(figsize=(COLUMN, 3.5))
        above, below = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
        _draw_bins(above, pooled)
        width = 100 / BINS
        middles = width * (np.arange(BINS) + 0.5)
        shares = 100 * pooled.count / pooled.count.sum()
        below.bar(middles, shares, width=0.9 * width, color=PALETTE["bar"])
        below.set(xlabel="Confidence (%)", ylabel="Share (%)", xlim=(0, 100))
        below.yaxis.set_major_locator(MaxNLocator(nbins=2))
        for axes in (above, below):
            axes.tick_params(length=0)
        seeds = len(own.seeds)
        sides = "more" if own.confidence.mean() > own.correct.mean() else "less"
        save(
            figure, out,
            f"Test split, {seeds} seed{'s' * (seeds != 1)} together, {BINS} bins of equal width. "
            f"Expected calibration error {percent(*mean_sd(errors))}\N{NO-BREAK SPACE}%; confidence "
            f"{percent(own.confidence.mean())}\N{NO-BREAK SPACE}% on average, accuracy "
            f"{percent(own.correct.mean())}\N{NO-BREAK SPACE}%: {sides} sure than right. On the "
            "dashed line both agree, upright lines are the gap; larger dots hold more predictions.",
        )  # fmt: skip
    return None


def _draw_bins(axes: Axes, pooled: Reliability) -> None:
    axes.plot([0, 100], [0, 100], color=PALETTE["muted"], linewidth=1, linestyle=(0, (4, 3)))
    full = pooled.count > 0
    confidence, accuracy = 100 * pooled.confidence[full], 100 * pooled.accuracy[full]
    sizes = 6 + 80 * pooled.count[full] / pooled.count.max()
    # The gap that ECE adds up, and no line from bin to bin: a bin of one prediction is 0 or 1.
    axes.vlines(confidence, confidence, accuracy, color=PALETTE["text"], linewidth=1.4)
    axes.scatter(confidence, accuracy, s=sizes, color=PALETTE["text"], zorder=3, clip_on=False)
    axes.set(ylim=(0, 100), ylabel="Accuracy (%)")


def draw_missing(table: Path, out: Path) -> None:
    """Weighted F1 by share of a modality that is masked, a panel a modality and one for all at random."""
    frame = read_frame(table)
    frame = frame[frame["filled_by"] == FILLED_BY[0]]
    if not len(frame):
        return save_nothing(out, "no experiment was tested with modalities missing.")
    modalities = [m for m in (*MODALITIES, ANY) if m in set(frame["modality"])]
    experiments = list(dict.fromkeys(frame["experiment"]))
    with style():
        figure = Figure(figsize=(COLUMN, 1.9))
        panels = figure.subplots(1, len(modalities), sharey=True, squeeze=False)[0]
        for axes, modality in zip(panels, modalities, strict=True):
            for position, experiment in enumerate(experiments):
                chosen = (frame["modality"] == modality) & (frame["experiment"] == experiment)
                _draw_curve(axes, frame[chosen], experiment, LINES[position % len(LINES)])
            axes.set(title=modality.capitalize(), ylim=(0, 100))
            axes.set_xticks([0, 50, 100])
            axes.tick_params(length=0)
        panels[0].set_ylabel("Weighted F1 (%)")
        figure.supxlabel("Masked (%)", fontsize=8, color=PALETTE["muted"])
        if len(experiments) > 1:
            figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right",
                          ncols=2)  # fmt: skip
        save(figure, out, _missing_title(frame, modalities, experiments))
    return None


def _draw_curve(axes: Axes, curve: pd.DataFrame, label: str, line: dict[str, Any]) -> None:
    if not len(curve):
        return
    x, mean, sd = 100 * curve["share"], 100 * curve["weighted_f1_mean"], curve["weighted_f1_sd"]
    spread = 100 * sd.fillna(0)
    axes.fill_between(x, mean - spread, mean + spread, color=line["color"], alpha=0.18, linewidth=0)
    axes.plot(x, mean, label=label, linewidth=1.3, markersize=3, **line)


def _missing_title(frame: pd.DataFrame, modalities: Sequence[str], experiments: list[str]) -> str:
    cells = frame.set_index(["experiment", "modality", "share"])["weighted_f1_mean"]
    found = []
    at_random = ", or of all at random," if ANY in modalities else ""
    for experiment in experiments:
        own = [m for m in modalities if (experiment, m, 1.0) in cells.index]
        left = ", ".join(f"{percent(cells[(experiment, m, 1.0)])} without {m}" for m in own)
        found.append(f"{experiment} {percent(cells[(experiment, own[0], 0.0)])}, {left}")
    return (
        f"Test weighted F1 as a growing share of one modality{at_random} is masked at test time; bands "
        f"are one standard deviation over seeds. Nothing and everything masked: {'; '.join(found)}."
    )
