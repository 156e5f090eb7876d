"""A model's card: what it was made of, how good it is where that was measured, what it is not for."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import PackageLoader

from ariigcn.core.scores import Score, score_counts
from ariigcn.core.templates import environment
from ariigcn.evaluation.predictions import read_predictions
from ariigcn.evaluation.statistics.resampling import (
    bootstrap_interval,
    draw_dialogues,
    resampled_scores,
)
from ariigcn.models.bundle import BundleHead

SCORES: tuple[Score, ...] = ("weighted_f1", "accuracy", "macro_f1")
Scores = Mapping[str, Mapping[Score, tuple[float, float, float]]]


def model_card(
    head: BundleHead,
    scores: Scores | None = None,
    *,
    name: str = "",
    licence: str = "",
    remarks: Sequence[str] = (),
) -> str:
    """A model card in Markdown, with the metadata that the Hugging Face hub reads.

    Args:
        head: the model's.
        scores: split -> score -> value and interval, from :func:`read_scores`.
        name: what the model is loaded by.
        licence: of its corpus.
        remarks: what else a reader must know, a sentence each.
    """
    loader = PackageLoader("ariigcn.predict", "templates")
    markdown = {"autoescape": False, "lstrip_blocks": False, "keep_trailing_newline": True}
    templates = environment(loader, **markdown)
    templates.filters["interval"] = _percent
    return templates.get_template("card.md").render(
        head=head,
        scores=scores or {},
        name=name,
        licence=licence,
        remarks=remarks,
        reach=_reach,
    )


def read_scores(folder: Path) -> Scores:
    """The scores of a model in a results folder, by split, from the predictions that lie beside it.

    Returns:
        split -> score -> value, low and high of its 95 % interval; empty without predictions.
    """
    file = folder.parent / "predictions.parquet"
    if not file.is_file():
        return {}
    found = {}
    for split in ("validation", "test"):
        rows = read_predictions([file], split)
        if not rows.dialogues:
            continue
        counts = rows.counts()
        drawn = resampled_scores(counts, draw_dialogues(rows.dialogues), SCORES)
        found[split] = {
            name: (
                float(score_counts(counts.sum(0)[0], name)),
                *bootstrap_interval(resampled, rows.dialogues),
            )
            for name, resampled in zip(SCORES, drawn, strict=True)
        }
    return found


def _percent(score: tuple[float, float, float]) -> str:
    value, low, high = (100 * number for number in score)
    return f"{value:.1f} ({low:.1f} to {high:.1f})" if not math.isnan(low) else f"{value:.1f}"


def _reach(utterances: int) -> str:
    return "all" if utterances < 0 else str(utterances) if utterances else "none"
