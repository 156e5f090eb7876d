"""Which module draws which kind of figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ariigcn.evaluation.figures.confusion import draw_confusion
from ariigcn.evaluation.figures.fine_tuning import draw_fine_tuning
from ariigcn.evaluation.figures.kinds import Figure, Kind
from ariigcn.evaluation.figures.ranking import draw_results
from ariigcn.evaluation.figures.statistics import draw_comparisons, draw_missing, draw_reliability
from ariigcn.evaluation.figures.training import draw_discriminators, draw_history


def draw_figures(
    figures: Sequence[Figure],
    *,
    table: Path,
    metrics: Mapping[str, Sequence[Path]],
    histories: Mapping[str, Sequence[Path]],
    predictions: Mapping[str, Sequence[Path]],
    tables: Mapping[str, Path],
    fine_tuned: Mapping[str, Sequence[Path]] | None = None,
) -> None:
    """Draw the figures of a run and of its experiments.

    Args:
        figures: what to draw.
        table: the corpus's utterance table.
        metrics: experiment -> its seeds' ``metrics.json``.
        histories: experiment -> its seeds' ``history.parquet``.
        predictions: experiment -> its seeds' ``predictions.parquet``.
        fine_tuned: modality -> the folder of each encoder that was fine-tuned.
        tables: name -> CSV of :func:`ariigcn.evaluation.tables.write.write_tables`.

    Raises:
        ValueError: a figure of a grid, which :func:`ariigcn.evaluation.figures.curves.draw_curve` draws.
    """
    for figure in figures:
        match figure.kind:
            case Kind.RESULTS:
                draw_results(tables["results"], tables["errors"], figure.path)
            case Kind.COMPARISONS:
                draw_comparisons(tables["comparisons"], figure.path)
            case Kind.MISSING:
                draw_missing(tables["missing"], figure.path)
            case Kind.CONFUSION:
                draw_confusion(metrics[figure.of], figure.path)
            case Kind.HISTORY:
                draw_history(histories[figure.of], figure.path)
            case Kind.DISCRIMINATORS:
                draw_discriminators(histories[figure.of], figure.path)
            case Kind.RELIABILITY:
                draw_reliability(predictions[figure.of], figure.path)
            case Kind.FINE_TUNING:
                draw_fine_tuning((fine_tuned or {})[figure.of], table, figure.path)
            case Kind.CURVES:
                raise ValueError(f"{figure.path}: a figure of a grid; draw it with draw_curve")
