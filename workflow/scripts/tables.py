"""Rule tables: results of all experiments, and per class."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.evaluation.tables import write_results_table


def main(snakemake):
    configure_logging(snakemake.log[0])
    output = snakemake.output
    write_results_table(
        {name: [Path(p) for p in paths] for name, paths in snakemake.params.metrics.items()},
        table=Path(snakemake.input.table),
        out_csv=Path(output.results),
        out_per_class=Path(output.per_class),
        out_tex=Path(output.latex),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
