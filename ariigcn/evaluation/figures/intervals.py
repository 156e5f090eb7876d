"""A row an experiment: its score or difference with what other dialogues and other seeds may change."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ariigcn.evaluation.figures.style import COLUMN, PALETTE

SHOWN = 16  # rows of a page's figure
KINDS = "Wide: 95 % interval over test dialogues; narrow: over seeds"
BANDS = {  # of the kinds: label, colour of the palette, width in points, place beside the dot
    "dialogues": ("other dialogues", "bar", 4.0, -0.12),
    "seeds": ("other seeds", "audio", 1.6, 0.17),
}


def with_rows(frame: pd.DataFrame, curved: Collection[str]) -> pd.DataFrame:
    """The experiments that get a row: all, or of more than :data:`SHOWN` those that no curve shows.

    Args:
        frame: a row an experiment, named in its column ``experiment``.
        curved: experiments that a figure of a grid shows.
    """
    if len(frame) <= SHOWN:
        return frame
    own = frame[~frame["experiment"].isin(curved)].reset_index(drop=True)
    return own if len(own) > 1 else frame  # a run of nothing but grids


def left_out(rows: int, experiments: int) -> str:
    """How many of the experiments have a row, for a title; nothing where all have."""
    return "" if rows == experiments else f": {rows} of {experiments} experiments"


def row_axes(rows: int) -> tuple[Figure, Axes]:
    """A figure with room for some rows, a legend above them and a label below."""
    figure = Figure(figsize=(COLUMN, 0.75 + 0.27 * rows))
    return figure, figure.add_subplot()


def draw_rows(
    axes: Axes,
    names: Sequence[str],
    middle: "pd.Series[float]",
    intervals: dict[str, tuple["pd.Series[float]", "pd.Series[float]"]],
    strong: Sequence[str] = (),
) -> None:
    """Draw a dot and its intervals a row, from the top.

    Args:
        axes: empty.
        names: of the rows.
        middle: where the dots stand.
        intervals: kind of :data:`BANDS` -> low and high; NaN where there is none.
        strong: names to print bold.
    """
    y = np.arange(len(names))
    for kind, (low, high) in intervals.items():
        if low.isna().all():  # too few dialogues, or one seed: no entry of the legend either
            continue
        label, color, width, shift = BANDS[kind]
        axes.hlines(y + shift, low, high, color=PALETTE[color], linewidth=width, label=label)
    axes.plot(middle, y, "o", color=PALETTE["ink"], markersize=3.5)
    for text in axes.set_yticks(y, names, color=PALETTE["ink"], fontsize=8):
        bold = text.label1.get_text() in strong
        text.label1.set_fontweight("bold" if bold else "normal")
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)


def draw_legend(figure: Figure, axes: Axes) -> None:
    """The legend above the rows."""
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper left", ncols=len(handles[1]), handlelength=1.4,
                  columnspacing=1.2, borderaxespad=0)  # fmt: skip
