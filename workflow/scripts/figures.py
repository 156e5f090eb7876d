"""Rule figures: every figure of a run."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.evaluation.figures.draw import FigureSources, draw_figures
from ariigcn.evaluation.figures.kinds import Figure


def main(snakemake):
    configure_logging(snakemake.log[0])
    params = snakemake.params
    sources = FigureSources(
        table=Path(snakemake.input.table),
        metrics={name: [Path(p) for p in paths] for name, paths in params.metrics.items()},
        histories={name: [Path(p) for p in paths] for name, paths in params.histories.items()},
        predictions={name: [Path(p) for p in paths] for name, paths in params.predictions.items()},
        tables={name: Path(path) for name, path in params.tables.items()},
        fine_tuned={m: [Path(f) for f in folders] for m, folders in params.fine_tuned.items()},
        curved=params.curved,
    )
    figures = [Figure.from_strings(*figure) for figure in params.figures]
    draw_figures(figures, sources, snakemake.threads)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
