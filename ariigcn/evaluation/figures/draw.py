"""Which module draws which kind of figure."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ariigcn.core.spawn import Context
from ariigcn.evaluation.figures.confusion import draw_confusion
from ariigcn.evaluation.figures.fine_tuning import draw_fine_tuning
from ariigcn.evaluation.figures.kinds import Figure, Kind
from ariigcn.evaluation.figures.ranking import draw_results
from ariigcn.evaluation.figures.statistics import draw_comparisons, draw_missing, draw_reliability
from ariigcn.evaluation.figures.training import draw_discriminators, draw_history

# Figures per process: one takes as long to start as three figures to draw.
FEWEST = 6


@dataclass(frozen=True)
class FigureSources:
    """The files that figures are drawn from.

    Attributes:
        table: the corpus's utterance table.
        metrics: experiment -> its seeds' ``metrics.json``.
        histories: experiment -> its seeds' ``history.parquet``.
        predictions: experiment -> its seeds' ``predictions.parquet``.
        tables: name -> CSV of :func:`ariigcn.evaluation.tables.write.write_tables`.
        fine_tuned: modality -> the folder of each encoder that was fine-tuned.
        curved: experiments that a figure of a grid shows.
    """

    table: Path
    metrics: Mapping[str, Sequence[Path]]
    histories: Mapping[str, Sequence[Path]]
    predictions: Mapping[str, Sequence[Path]]
    tables: Mapping[str, Path]
    fine_tuned: Mapping[str, Sequence[Path]]
    curved: Collection[str] = frozenset()


def draw_figures(figures: Sequence[Figure], sources: FigureSources, processes: int = 1) -> None:
    """Draw the figures of a run and of its experiments.

    Args:
        figures: what to draw.
        sources: the files that they show.
        processes: at most so many draw side by side; the files are the same.

    Raises:
        ValueError: a figure of a grid, which :func:`ariigcn.evaluation.figures.curves.draw_curve` draws.
    """
    draw = partial(_draw, sources)
    processes = min(processes, len(figures) // FEWEST)
    if processes < 2:
        for figure in figures:
            draw(figure)
        return
    with ProcessPoolExecutor(processes, mp_context=Context()) as pool:
        for _ in pool.map(draw, figures):
            pass


def _draw(sources: FigureSources, figure: Figure) -> None:
    tables, curved = sources.tables, sources.curved
    match figure.kind:
        case Kind.RESULTS:
            draw_results(tables["results"], tables["errors"], figure.path, curved)
        case Kind.COMPARISONS:
            draw_comparisons(tables["comparisons"], figure.path, curved)
        case Kind.MISSING:
            draw_missing(tables["missing"], figure.path)
        case Kind.CONFUSION:
            draw_confusion(sources.metrics[figure.of], figure.path)
        case Kind.HISTORY:
            draw_history(sources.histories[figure.of], figure.path)
        case Kind.DISCRIMINATORS:
            draw_discriminators(sources.histories[figure.of], figure.path)
        case Kind.RELIABILITY:
            draw_reliability(sources.predictions[figure.of], figure.path)
        case Kind.FINE_TUNING:
            draw_fine_tuning(sources.fine_tuned[figure.of], sources.table, figure.path)
        case Kind.CURVES:
            raise ValueError(f"{figure.path}: a figure of a grid; draw it with draw_curve")
