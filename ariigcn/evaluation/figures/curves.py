"""How scores move with one key of the configuration (the paper's figures 4a, 4b, 5).

Each value's model is selected on validation; the test curve decides nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ariigcn.evaluation.figures.style import COLUMN, PALETTE, save, style
from ariigcn.evaluation.tables.frames import mean_sd, percent, read_seeds

SPLITS = {"test": ("text", "o"), "validation": ("muted", "s")}  # colour of the palette, marker
NAMES = 8  # characters from which names of values are slanted


def draw_curve(key: str, metrics: Mapping[str, Sequence[Path]], out: Path) -> None:
    """Draw weighted F1 of test and validation over a key's values: mean and sd over seeds.

    Numbers stand in their order and evenly spaced, since batch sizes and margins are chosen so; a
    band marks the spread. Names stand apart, with whiskers.

    Args:
        key: what varies, as written in the configuration.
        metrics: value -> its seeds' ``metrics.json``.
        out: SVG.
    """
    values = sorted(metrics, key=_number) if all(map(_is_number, metrics)) else list(metrics)
    ordered = [read_seeds(metrics[value]) for value in values]
    scores = {
        split: [
            mean_sd([s["splits"][split]["weighted_f1"] for s in seeds if split in s["splits"]])
            for seeds in ordered
        ]
        for split in SPLITS
    }
    with style():
        figure = Figure(figsize=(COLUMN, 2.3))
        axes = figure.add_subplot()
        for split, pairs in scores.items():
            if not np.isnan(pairs[0][0]):
                _draw_split(axes, pairs, split, numbers=all(map(_is_number, values)))
        slanted: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(
            range(len(values)), values, **(slanted if max(map(len, values)) > NAMES else {})
        )
        axes.set(xlabel=key, ylabel="Weighted F1 (%)", xlim=(-0.4, len(values) - 0.6))
        axes.tick_params(length=0)
        axes.legend(loc="best")
        save(figure, out, _title(key, values, scores, len(ordered[0])))


def _draw_split(
    axes: Axes, pairs: Sequence[tuple[float, float]], split: str, numbers: bool
) -> None:
    color, marker = PALETTE[SPLITS[split][0]], SPLITS[split][1]
    mean, sd = 100 * np.array(pairs).T
    sd = np.nan_to_num(sd)
    at = np.arange(len(mean))
    line: dict[str, Any] = {"color": color, "marker": marker, "markersize": 4, "label": split}
    if numbers:
        axes.fill_between(at, mean - sd, mean + sd, color=color, alpha=0.15, linewidth=0)
        axes.plot(at, mean, linewidth=1.4, **line)
    else:
        shift = 0.12 if split == "validation" else -0.12
        axes.errorbar(at + shift, mean, yerr=sd, linestyle="none", capsize=2.5, **line)


def _title(
    key: str,
    values: Sequence[str],
    scores: Mapping[str, Sequence[tuple[float, float]]],
    seeds: int,
) -> str:
    found = ", ".join(
        f"{value} {percent(*pair)}"
        for value, pair in zip(values, scores["test"], strict=True)
        if not np.isnan(pair[0])
    )
    spread = "the spread is one standard deviation" if seeds > 1 else "there is no spread"
    return (
        f"Weighted F1 in per cent by {key}, mean over {seeds} seed{'s' * (seeds != 1)}; {spread}. "
        f"Test: {found or 'none'}."
    )


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _number(value: str) -> float:
    """Where a value stands: -1 means all, so it comes last."""
    number = float(value)
    return np.inf if number < 0 else number
