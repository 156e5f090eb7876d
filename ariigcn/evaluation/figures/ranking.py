"""The experiments of a run, best first: how sure each score is, and what can be reached."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from ariigcn.evaluation.figures.intervals import (
    KINDS,
    SHOWN,
    draw_legend,
    draw_rows,
    left_out,
    row_axes,
    with_rows,
)
from ariigcn.evaluation.figures.style import PALETTE, SMALL, save, save_nothing, style
from ariigcn.evaluation.statistics.errors import ALL
from ariigcn.evaluation.tables.frames import percent, read_frame


def draw_results(
    results: Path, errors: Path, out: Path, curved: Collection[str] = frozenset()
) -> None:
    """Draw test accuracy, best first, with both its intervals and what is reachable.

    Args:
        results: ``results.csv`` of :func:`ariigcn.evaluation.tables.write.write_tables`.
        errors: its ``errors.csv``, for the intervals over dialogues.
        out: the SVG file.
        curved: experiments that a figure of a grid shows.
    """
    whole = read_frame(errors)
    whole = whole.loc[whole["by"] == ALL].set_index("experiment")[["accuracy_low", "accuracy_high"]]
    every = read_frame(results)
    main = str(every["experiment"].iloc[0])
    frame = ranked(every, main, curved)
    if frame["accuracy_mean"].isna().all():
        return save_nothing(out, "the test split has no labelled utterance.")
    with style():
        figure, axes = row_axes(len(frame))
        names = frame["experiment"].tolist()
        over_dialogues = 100 * whole.reindex(frame["trained_as"]).reset_index(drop=True)
        intervals = {
            "dialogues": (over_dialogues["accuracy_low"], over_dialogues["accuracy_high"]),
            "seeds": (100 * frame["accuracy_low"], 100 * frame["accuracy_high"]),
        }
        draw_rows(axes, names, 100 * frame["accuracy_mean"], intervals, strong=[main])
        reachable = 100 * frame["reachable_accuracy"]
        if reachable.notna().any():
            y = np.arange(len(frame))
            low, high = 100 * frame["reachable_low"], 100 * frame["reachable_high"]
            axes.barh(y, high - low, 0.8, low, color=PALETTE["video"], alpha=0.16, linewidth=0)
            axes.vlines(reachable, y - 0.4, y + 0.4, color=PALETTE["video"], linewidth=1.4,
                        label="reachable")  # fmt: skip
        for row, mean in enumerate(frame["accuracy_mean"]):
            axes.annotate(
                percent(mean), (1, row), xytext=(4, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", annotation_clip=False, fontsize=SMALL,
            )  # fmt: skip
        axes.set(xlim=(0, 100), xlabel="Test accuracy (%)")
        draw_legend(figure, axes)
        save(figure, out, _title(frame, len(every)))
    return None


def ranked(results: pd.DataFrame, main: str, curved: Collection[str] = frozenset()) -> pd.DataFrame:
    """The best :data:`SHOWN` experiments with rows by test accuracy, the main one always among them."""
    others = [name for name in curved if name != main]
    order = with_rows(results, others).sort_values("accuracy_mean", ascending=False, kind="stable")
    kept = order.head(SHOWN)
    if main not in set(kept["experiment"]):
        kept = pd.concat([kept.head(SHOWN - 1), order[order["experiment"] == main]])
    return kept.reset_index(drop=True)


def _title(frame: pd.DataFrame, experiments: int) -> str:
    title = f"Test accuracy in per cent{left_out(len(frame), experiments)}. Dot: mean over seeds. {KINDS}."
    if frame["reachable_accuracy"].notna().any():
        title += (
            " Upright mark: what a perfect classifier is expected to reach from the same modalities; "
            "its band: where 95 % of its scores lie on so many utterances."
        )
    return title
