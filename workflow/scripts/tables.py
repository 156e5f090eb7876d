"""Rule tables: every table, as CSV and LaTeX."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.evaluation.tables.write import TableSources, write_tables


def main(snakemake):
    configure_logging(snakemake.log[0])
    params, given = snakemake.params, snakemake.input
    sources = TableSources(
        table=Path(given.table),
        metrics={name: [Path(p) for p in paths] for name, paths in params.metrics.items()},
        predictions={name: [Path(p) for p in paths] for name, paths in params.predictions.items()},
        stores={
            name: {modality: Path(path) for modality, path in stores.items()}
            for name, stores in params.stores.items()
        },
        missing=[Path(path) for path in given.missing],
        published=Path(given.published) if given.published else None,
    )
    write_tables(sources, Path(snakemake.output.results).parent)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
