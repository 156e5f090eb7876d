"""Rule metrics: score every seed of an experiment."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.evaluation.metrics import evaluate_experiment


def main(snakemake):
    configure_logging(snakemake.log[0])
    evaluate_experiment([Path(p) for p in snakemake.input], [Path(p) for p in snakemake.output])


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
