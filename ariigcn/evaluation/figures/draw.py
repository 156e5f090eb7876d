"""Figures of scores and of training; the statistics' stand in the module beside this one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ariigcn.core.settings import unknown_name
from ariigcn.corpora.table import read_corpus
from ariigcn.evaluation.figures.statistics import (
    draw_comparisons,
    draw_missing,
    draw_reliability,
)
from ariigcn.evaluation.figures.style import PALETTE, save, save_nothing, style
from ariigcn.evaluation.metrics import read_run_table
from ariigcn.evaluation.tables.frames import (
    MODALITY_ORDER,
    NONE,
    mean_sd,
    percent,
    read_seeds,
    results_frame,
)

WHITE_FROM = 0.72  # share from which a cell is dark enough for white text (contrast above 4)
COLLAPSED = 0.9  # accuracy above which a discriminator has won: ours
# Of the whole run, and of one experiment.
KINDS = (
    "results",
    "comparisons",
    "missing",
    "confusion",
    "history",
    "discriminators",
    "reliability",
)
CURVES = {
    "validation_weighted_f1": "Validation weighted F1 (%)",
    "loss": "Joint loss",
    "loss_cls": "Classification loss",
    "loss_imcl": "IMCL loss",
    "loss_iccl": "ICCL loss",
    "loss_adv": "Generators' adversarial loss",
}


def draw_figures(
    figures: Mapping[str, Path],
    *,
    table: Path,
    metrics: Mapping[str, Sequence[Path]],
    histories: Mapping[str, Sequence[Path]],
    predictions: Mapping[str, Sequence[Path]],
    tables: Mapping[str, Path],
) -> None:
    """Draw the figures of a run.

    Args:
        figures: a kind, or ``<kind>/<experiment>``, -> SVG to write; kinds as in :data:`KINDS`.
        table: the corpus's utterance table.
        metrics: experiment -> its seeds' ``metrics.json``.
        histories: experiment -> its seeds' ``history.parquet``.
        predictions: experiment -> its seeds' ``predictions.parquet``.
        tables: name -> CSV of :func:`ariigcn.evaluation.tables.write.write_tables`.
    """
    for name, out in figures.items():
        kind, _, experiment = name.partition("/")
        match kind:
            case "results":
                draw_results(metrics, table, out)
            case "confusion":
                draw_confusion(metrics[experiment], out)
            case "history":
                draw_history(histories[experiment], out)
            case "discriminators":
                draw_discriminators(histories[experiment], out)
            case "comparisons":
                draw_comparisons(tables["comparisons"], out)
            case "reliability":
                draw_reliability(predictions[experiment], out)
            case "missing":
                draw_missing(tables["missing"], out)
            case _:
                raise ValueError(unknown_name(kind, [*KINDS], "kind of figure"))


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


def draw_history(histories: Sequence[Path], out: Path) -> None:
    """Learning curves: validation weighted F1 and each loss term, seeds thin, their mean strong."""
    with style():
        runs = [read_run_table(path) for path in histories]
        names = [name for name in CURVES if any(_has(frame, name) for frame, _ in runs)]
        if not names:
            return save_nothing(out, "no epoch was recorded.")
        columns = min(3, len(names))
        rows = -(-len(names) // columns)
        figure = Figure(figsize=(7.2, 0.3 + 1.75 * rows))
        for position, name in enumerate(names):
            axes = figure.add_subplot(rows, columns, position + 1)
            scale = 100 if name.startswith("validation") else 1
            _draw_seeds(axes, runs, name, PALETTE["text"], scale)
            axes.set_title(CURVES[name])
            if position >= len(names) - columns:
                axes.set_xlabel("Epoch")
        title = f"{_seed_lines(len(runs))}; a dot marks the epoch that was selected."
        save(figure, out, title)
    return None


def draw_discriminators(histories: Sequence[Path], out: Path) -> None:
    """The adversarial game by epoch: each discriminator's accuracy, their loss, what is achieved.

    Above, each discriminator's real/fake accuracy with chance at one half; below, the
    discriminators' loss, and a linear probe and the discrepancy between modalities before and after
    the generators.
    """
    with style():
        runs = [read_run_table(path) for path in histories]
        shown = [m for m in MODALITY_ORDER if any(_has(frame, _accuracy(m)) for frame, _ in runs)]
        if not shown:
            return save_nothing(out, "this experiment has no discriminators.")
        figure = Figure(figsize=(7.2, 4.2))
        for position, modality in enumerate(shown):
            axes = figure.add_subplot(2, 3, position + 1)
            _draw_chance(axes, 50)
            _draw_seeds(axes, runs, _accuracy(modality), PALETTE[modality], 100)
            axes.set(title=modality.capitalize(), ylim=(0, 100))
            if position == 0:
                axes.set_ylabel("Real/fake accuracy (%)")
        axes = figure.add_subplot(2, 3, 4)
        _draw_seeds(axes, runs, "loss_disc", PALETTE["muted"], 1)
        axes.set(title="Discriminators' loss", xlabel="Epoch")
        axes = figure.add_subplot(2, 3, 5)
        _draw_chance(axes, 100 / len(shown))
        _draw_before_after(axes, runs, "probe", 100)
        axes.set(title="Linear probe (%)", xlabel="Epoch", ylim=(0, 100))
        axes = figure.add_subplot(2, 3, 6)
        _draw_before_after(axes, runs, "discrepancy", 1)
        axes.set(title="Discrepancy (MMD\N{SUPERSCRIPT TWO})", xlabel="Epoch")
        axes.set_ylim(bottom=0)
        save(figure, out, _discriminators_title(runs, shown))
    return None


def _draw_chance(axes: Axes, level: float) -> None:
    axes.axhline(level, color=PALETTE["muted"], linewidth=1, linestyle=(0, (4, 3)))
    axes.text(
        0.98, level - 3, "chance", transform=axes.get_yaxis_transform(), ha="right", va="top",
        fontsize=8, color=PALETTE["muted"],
    )  # fmt: skip


def _draw_before_after(
    axes: Axes, runs: list[tuple[pd.DataFrame, dict[str, Any]]], name: str, scale: float
) -> None:
    """A diagnostic before the generators (muted) and after them."""
    stages = {"before": PALETTE["muted"], "after": PALETTE["text"]}
    shown = [s for s in stages if any(_has(frame, f"{name}_{s}") for frame, _ in runs)]
    for stage in shown:
        _draw_seeds(axes, runs, f"{name}_{stage}", stages[stage], scale)
        axes.plot([], [], color=stages[stage], linewidth=1.8, label=stage)
    if shown:
        axes.legend(frameon=False, fontsize=8, loc="lower left")


def _discriminators_title(runs: list[tuple[pd.DataFrame, dict[str, Any]]], shown: list[str]) -> str:
    at_selected = {}
    for modality in shown:
        values = [
            float(frame.loc[frame["epoch"] == head["selected_epoch"], _accuracy(modality)].iloc[0])
            for frame, head in runs
            if (frame["epoch"] == head["selected_epoch"]).any() and _has(frame, _accuracy(modality))
        ]
        at_selected[modality] = mean_sd(values)
    found = ", ".join(f"{m} {percent(*v)}\N{NO-BREAK SPACE}%" for m, v in at_selected.items())
    title = f"{_seed_lines(len(runs))}. At the selected epoch: {found}; chance is 50\N{NO-BREAK SPACE}%."
    collapsed = [m for m, (mean, _) in at_selected.items() if mean > COLLAPSED]
    if collapsed:
        title += f" The generators lost in {' and '.join(collapsed)}: not aligned."
    return title


def _seed_lines(seeds: int) -> str:
    if seeds == 1:
        return "The line is the only seed"
    return f"Thin lines are {seeds} seeds, the strong line their mean"


def _accuracy(modality: str) -> str:
    return f"d_accuracy_{modality}"


def _has(frame: pd.DataFrame, column: str) -> bool:
    return column in frame and bool(frame[column].notna().any())


def _draw_seeds(
    axes: Axes, runs: list[tuple[pd.DataFrame, dict[str, Any]]], name: str, color: str, scale: float
) -> None:
    """Seeds may stop at different epochs: the mean ends with the shortest of them."""
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
