"""Figures of training: learning curves, and how the modalities were aligned."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ariigcn.core.modality import MODALITIES
from ariigcn.evaluation.figures.style import COLUMN, PALETTE, SMALL, save, save_nothing, style
from ariigcn.evaluation.run_files import at_selected, read_run_table
from ariigcn.evaluation.tables.frames import mean_sd, percent

COLLAPSED = 0.9  # accuracy above which a discriminator has won: ours
TITLES = {
    "validation_weighted_f1": "Validation wF1 (%)",
    "loss": "Joint loss",
    "loss_cls": "Classification loss",
    "loss_imcl": "IMCL loss",
    "loss_iccl": "ICCL loss",
    "loss_adv": "Alignment loss",
    "loss_orthogonality": "Orthogonality loss",
    "loss_reconstruction": "Reconstruction loss",
}


def draw_history(histories: Sequence[Path], out: Path) -> None:
    """Learning curves: validation weighted F1 and each loss term, seeds thin, their mean strong."""
    with style():
        runs = [read_run_table(path) for path in histories]
        names = [name for name in TITLES if any(_has(frame, name) for frame, _ in runs)]
        if not names:
            return save_nothing(out, "no epoch was recorded.")
        columns = min(2, len(names))
        rows = -(-len(names) // columns)
        figure = Figure(figsize=(COLUMN, 0.3 + 1.2 * rows))
        for position, name in enumerate(names):
            axes = figure.add_subplot(rows, columns, position + 1)
            scale = 100 if name.startswith("validation") else 1
            draw_runs(axes, runs, name, PALETTE["text"], scale)
            axes.set_title(TITLES[name])
            if position >= len(names) - columns:
                axes.set_xlabel("Epoch")
        title = f"{run_lines(len(runs), 'seed')}; a dot marks the epoch that was selected."
        save(figure, out, title)
    return None


def draw_discriminators(histories: Sequence[Path], out: Path) -> None:
    """The alignment of the modalities by epoch: the game, where one is played, and what is achieved.

    With discriminators: each one's real/fake accuracy with chance at one half, and their loss. Always: a
    linear probe and the discrepancy between modalities before and after the generators.
    """
    with style():
        runs = [read_run_table(path) for path in histories]
        if not any(_has(frame, "probe_after") for frame, _ in runs):
            return save_nothing(out, "this experiment aligns no modalities.")
        shown = [m for m in MODALITIES if any(_has(frame, _accuracy(m)) for frame, _ in runs)]
        figure = Figure(figsize=(COLUMN, 3.9 if shown else 2.7))
        rows = 3 if shown else 2
        for position, modality in enumerate(shown):
            axes = figure.add_subplot(rows, 2, position + 1)
            _draw_chance(axes, 50)
            draw_runs(axes, runs, _accuracy(modality), PALETTE[modality], 100)
            axes.set(title=modality.capitalize(), ylim=(0, 100))
            if position == 0:
                axes.set_ylabel("Accuracy (%)")
        loss, probe, discrepancy = (
            figure.add_subplot(rows, 2, (3 if shown else 0) + place) for place in (1, 2, 3)
        )
        draw_runs(loss, runs, "loss_disc" if shown else "loss_adv", PALETTE["muted"], 1)
        loss.set(title="Discriminators' loss" if shown else TITLES["loss_adv"])
        _draw_chance(probe, 100 / len(runs[0][1]["modalities"]))
        _draw_before_after(probe, runs, "probe", 100, named=False)
        probe.set(title="Linear probe (%)", xlabel="Epoch", ylim=(0, 100))
        _draw_before_after(discrepancy, runs, "discrepancy", 1)
        discrepancy.set(title="Discrepancy (MMD\N{SUPERSCRIPT TWO})", xlabel="Epoch")
        discrepancy.set_ylim(bottom=0)
        save(figure, out, _alignment_title(runs, shown))
    return None


def _draw_chance(axes: Axes, level: float) -> None:
    axes.axhline(level, color=PALETTE["muted"], linewidth=1, linestyle=(0, (4, 3)))
    axes.text(
        0.98, level - 3, "chance", transform=axes.get_yaxis_transform(), ha="right", va="top",
        fontsize=SMALL, color=PALETTE["muted"],
    )  # fmt: skip


def _draw_before_after(
    axes: Axes,
    runs: list[tuple[pd.DataFrame, dict[str, Any]]],
    name: str,
    scale: float,
    *,
    named: bool = True,
) -> None:
    """A diagnostic before the generators (muted) and after them; its legend only where it is named."""
    stages = {"before": PALETTE["muted"], "after": PALETTE["text"]}
    shown = [s for s in stages if any(_has(frame, f"{name}_{s}") for frame, _ in runs)]
    for stage in shown:
        draw_runs(axes, runs, f"{name}_{stage}", stages[stage], scale)
        axes.plot([], [], color=stages[stage], linewidth=1.8, label=stage)
    if shown and named:
        axes.legend(loc="lower left")


def _alignment_title(runs: list[tuple[pd.DataFrame, dict[str, Any]]], shown: Sequence[str]) -> str:
    """What the figure shows, in words, with the values of the selected epoch."""
    percent_sign = "\N{NO-BREAK SPACE}%"
    title = f"{run_lines(len(runs), 'seed')}. At the selected epoch: "
    probe = percent(*mean_sd(_selected(runs, "probe_after")))
    chance = 100 / len(runs[0][1]["modalities"])
    title += f"a probe tells the modalities in {probe}{percent_sign} of cases (chance {chance:.0f})"
    if not shown:
        return title + "."
    at_selected = {m: mean_sd(_selected(runs, _accuracy(m))) for m in shown}
    found = ", ".join(f"{m} {percent(*v)}{percent_sign}" for m, v in at_selected.items())
    title += f"; discriminators: {found} (chance 50)."
    collapsed = [m for m, (mean, _) in at_selected.items() if mean > COLLAPSED]
    if collapsed:
        title += f" The generators lost in {' and '.join(collapsed)}: not aligned."
    return title


def _selected(runs: list[tuple[pd.DataFrame, dict[str, Any]]], name: str) -> list[float]:
    """A column's values at the runs' selected epochs."""
    found = [at_selected(frame, head, name) for frame, head in runs]
    return [value for value in found if value is not None]


def run_lines(runs: int, of: str) -> str:
    """What a figure's lines are: runs that differ in their seed, or in something else."""
    if runs == 1:
        return f"The line is the only {of}"
    return f"Thin lines are {runs} {of}s, the strong line their mean"


def _accuracy(modality: str) -> str:
    return f"d_accuracy_{modality}"


def _has(frame: pd.DataFrame, column: str) -> bool:
    return column in frame and bool(frame[column].notna().any())


def draw_runs(
    axes: Axes, runs: list[tuple[pd.DataFrame, dict[str, Any]]], name: str, color: str, scale: float
) -> None:
    """Runs thin, their mean strong, which ends with the shortest of them; a dot at the epoch selected."""
    series = [
        (scale * frame.set_index("epoch")[name], head) for frame, head in runs if _has(frame, name)
    ]
    thin: dict[str, Any] = (
        {"linewidth": 0.7, "alpha": 0.45} if len(series) > 1 else {"linewidth": 1.6}
    )
    for values, head in series:
        axes.plot(values.index, values, color=color, **thin)
        if head["selected_epoch"] in values.index:
            selected = head["selected_epoch"]
            axes.plot(selected, values[selected], "o", color=color, markersize=3)
    if len(series) > 1:
        together = pd.concat([values for values, _ in series], axis=1, join="inner").mean(axis=1)
        axes.plot(together.index, together, color=color, linewidth=1.8)
    axes.tick_params(length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, steps=[1, 2, 5, 10]))
