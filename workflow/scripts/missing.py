"""Rule missing: an experiment's test scores with modalities masked."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.evaluation.missing import write_missing


def main(snakemake):
    configure_logging(snakemake.log[0])
    write_missing(
        [Path(path) for path in snakemake.input.models],
        graph=Path(snakemake.input.graph),
        stores={m: Path(path) for m, path in snakemake.params.stores.items()},
        out=Path(snakemake.output[0]),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
