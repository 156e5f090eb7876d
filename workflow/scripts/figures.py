"""Rule figures: every figure of a run."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.evaluation.figures.draw import draw_figures
from ariigcn.evaluation.figures.kinds import Figure


def main(snakemake):
    configure_logging(snakemake.log[0])
    params = snakemake.params
    draw_figures(
        [Figure.from_strings(*figure) for figure in params.figures],
        table=Path(snakemake.input.table),
        metrics={name: [Path(p) for p in paths] for name, paths in params.metrics.items()},
        histories={name: [Path(p) for p in paths] for name, paths in params.histories.items()},
        predictions={name: [Path(p) for p in paths] for name, paths in params.predictions.items()},
        fine_tuned={m: [Path(f) for f in folders] for m, folders in params.fine_tuned.items()},
        tables={name: Path(path) for name, path in params.tables.items()},
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
