"""The figure of fine-tuned encoders: how they learned, and what their heads tell."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ariigcn.core.scores import weighted_f1
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.evaluation.figures.style import COLUMN, PALETTE, save, style
from ariigcn.evaluation.figures.training import draw_runs, run_lines
from ariigcn.evaluation.run_files import read_run_table
from ariigcn.features.store import FeatureStore, Rows
from ariigcn.finetune.config import HISTORY, OUTPUTS

TITLES = {"loss": "Loss", "validation_weighted_f1": "Validation wF1 (%)"}


def draw_fine_tuning(encoders: Sequence[Path], table: Path, out: Path) -> None:
    """Learning curves, and the heads' weighted F1 on training and validation dialogues.

    The training dialogues are told by encoders that have not seen them, or, where there is one encoder
    alone, by that one, which has: the distance of the two bars is what such features pretend.

    Args:
        encoders: their folders.
        table: the corpus's utterance table; labels of its test split are not looked at.
        out: the SVG file.
    """
    runs = [read_run_table(folder / HISTORY) for folder in encoders]
    corpus = read_corpus(table)
    with style():
        figure = Figure(figsize=(COLUMN, 3.3))
        for position, (name, title) in enumerate(TITLES.items()):
            axes = figure.add_subplot(2, 2, position + 1)
            draw_runs(axes, runs, name, PALETTE["text"], 100 if "f1" in name else 1)
            axes.set_title(title)
            axes.set_xlabel("Epoch")
        seen = len(encoders) == 1
        _draw_splits(figure.add_subplot(2, 1, 2), encoders, corpus, seen)
        how = "has learned from" if seen else "has not seen"
        save(
            figure,
            out,
            f"{run_lines(len(runs), 'encoder')}; a dot marks the epoch that was selected. Below, the "
            f"training dialogues are told by an encoder that {how} them.",
        )


def _draw_splits(axes: Axes, encoders: Sequence[Path], corpus: Corpus, seen: bool) -> None:
    outputs = [FeatureStore(folder / OUTPUTS).read() for folder in encoders]
    scores = [head_score(outputs, corpus, split) for split in ("train", "validation")]
    names = ["training,\nseen" if seen else "training,\nnot seen", "validation"]
    bars = axes.bar(names, scores, width=0.4, color=[PALETTE["audio"], PALETTE["text"]])
    axes.bar_label(bars, fmt="%.1f", padding=2)
    axes.set_ylim(0, 105)
    axes.tick_params(length=0)
    axes.set_title("The heads' weighted F1 (%)")


def head_score(outputs: Sequence[Rows], corpus: Corpus, split: str) -> float:
    """Weighted F1, per cent, of what encoders say of the utterances of a split that they encode.

    Utterances that several of them encode count once for each.
    """
    rows, labels = corpus.utterances, list(corpus.labels)
    label = pd.Categorical(rows["emotion"], labels).codes.astype(np.int64)  # -1: without one
    asked = (rows["split"] == split).to_numpy() & (label >= 0)
    here = [asked & found.mask for found in outputs]
    told = [
        found.values[at, -len(labels) :].argmax(1) for found, at in zip(outputs, here, strict=True)
    ]
    truth = np.concatenate([label[at] for at in here])
    return 100 * weighted_f1(truth, np.concatenate(told))
