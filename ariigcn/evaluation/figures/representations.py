"""The representations of a model's nodes, stage by stage, as a figure for papers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ariigcn.corpora.table import read_corpus
from ariigcn.evaluation.figures.style import COLUMN, PALETTE, save, save_nothing, style
from ariigcn.evaluation.inspection_file import STAGES, Inspection, read_inspection

# Ten hues told apart in light and dark; the report's --category-0 to -9 are the same.
CATEGORIES = (
    "#0072b2", "#c65102", "#00805d", "#b0468e", "#ad8200",
    "#2f8fb8", "#c7374b", "#6a4fb3", "#6b7480", "#7b4f3a",
)  # fmt: skip
# A corpus's emotions in the colours one expects; another name takes a colour that is left.
EXPECTED = {
    "sadness": 0, "sad": 0, "excited": 1, "positive": 2, "surprise": 2, "frustrated": 3,
    "frustration": 3, "joy": 4, "happiness": 4, "happy": 4, "anger": 6, "angry": 6, "negative": 6,
    "fear": 7, "neutral": 8, "disgust": 9,
}  # fmt: skip


def emotion_categories(labels: Sequence[str]) -> list[int]:
    """A category of :data:`CATEGORIES` an emotion, distinct as long as there are enough."""
    found: dict[str, int] = {}
    for label in labels:
        wanted = EXPECTED.get(label.lower())
        if wanted is not None and wanted not in found.values():
            found[label] = wanted
    free = [c for c in range(len(CATEGORIES)) if c not in found.values()]
    rest = [label for label in labels if label not in found]
    # Those that are left first; then all once more, so that few emotions share one.
    order = [*free, *(c for c in range(len(CATEGORIES)) if c not in free)]
    found |= {label: order[i % len(order)] for i, label in enumerate(rest)}
    return [found[label] for label in labels]


def draw_representations(inspection: Path, table: Path, out: Path) -> None:
    """Draw every stage twice, by emotion and by modality.

    Args:
        inspection: file of :mod:`ariigcn.evaluation.inspection_file`.
        table: the corpus's utterance table, for the emotions.
        out: the SVG file.
    """
    found, corpus = read_inspection(inspection), read_corpus(table)
    if not len(found.row):
        return save_nothing(out, "this model has no nodes with evidence.")
    emotion = corpus.utterances["emotion"].to_numpy()[found.row]
    by_emotion = [(e, emotion == e) for e in corpus.labels]
    by_modality = [(m, found.modality == i) for i, m in enumerate(found.modalities)]
    colors = [CATEGORIES[c] for c in emotion_categories(corpus.labels)]
    panels = [(by_emotion, colors), (by_modality, [PALETTE[m] for m in found.modalities])]
    with style():
        stages = len(found.points)
        figure = Figure(figsize=(COLUMN, 0.75 + 1.55 * stages))
        axes = figure.subplots(stages, len(panels), squeeze=False)
        for row, (stage, points) in zip(axes, found.points.items(), strict=True):
            row[0].set_ylabel(STAGES[stage])
            for panel, (groups, palette) in zip(row, panels, strict=True):
                _scatter(panel, points, groups, palette)
        for panel, by in zip(axes[0], ("By emotion", "By modality"), strict=True):
            panel.set_title(by)
        for panel in axes[-1]:
            _legend(panel)
        save(figure, out, _title(found))
    return None


def _scatter(
    axes: Axes,
    points: NDArray[np.float32],
    groups: Sequence[tuple[str, NDArray[np.bool_]]],
    colors: Sequence[str],
) -> None:
    for (name, chosen), color in zip(groups, colors, strict=True):
        size = 4 if len(points) < 1000 else 1.5
        x, y = points[chosen].T
        axes.scatter(x, y, s=size, color=color, linewidths=0, label=name, alpha=0.75)
    axes.set(xticks=[], yticks=[], aspect="equal", xlim=(-1.05, 1.05), ylim=(-1.05, 1.05))
    axes.grid(visible=False)


def _legend(axes: Axes) -> None:
    """Below the last panel of a column."""
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.03), markerscale=2, ncols=2, handletextpad=0.1,
        columnspacing=0.8,
    )  # fmt: skip


def _title(found: Inspection) -> str:
    return (
        f"t-SNE of {len(found.row):,} node representations of held-out utterances, "
        f"{found.experiment}, seed {found.seed}: by emotion on the left, by modality on the right."
    )
