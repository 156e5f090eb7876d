"""How long utterances are: histograms of the findings on a corpus's data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ariigcn.evaluation.figures.style import COLUMN, PALETTE, save, save_nothing, style

LENGTHS = {"durations_s": "Duration (s)", "words": "Words"}  # of the findings, and their axes


def draw_lengths(found: Mapping[str, Any], out: Path) -> None:
    """Draw histograms of durations and of words, beside each other; an unknown one is left out.

    Args:
        found: what :func:`ariigcn.features.quality.write_quality` wrote.
        out: the SVG file.
    """
    known = [name for name in LENGTHS if "counts" in found[name]]
    if not known:
        return save_nothing(out, "no utterance has a known duration or text.")
    with style():
        figure = Figure(figsize=(COLUMN, 1.6))
        for place, name in enumerate(known, start=1):
            axes = figure.add_subplot(1, len(known), place)
            _draw_counts(axes, found[name], LENGTHS[name])
            axes.set_ylabel("Utterances" if place == 1 else "")
        save(figure, out, "Utterances by length; the last bar takes whatever is longer.")
    return None


def _draw_counts(axes: Axes, lengths: Mapping[str, Any], label: str) -> None:
    edges = np.array(lengths["edges"])
    width = float(edges[1] - edges[0])
    axes.bar(edges[:-1], lengths["counts"], 0.88 * width, align="edge", color=PALETTE["bar"])
    axes.set(xlabel=label, xlim=(edges[0], edges[-1]))
    axes.grid(visible=False, axis="x")
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
