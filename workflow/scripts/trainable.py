"""Rule trainable: whether the table has the labels that training needs."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.corpora.checks.trainable import require_labels


def main(snakemake):
    configure_logging(snakemake.log[0])
    splits = snakemake.resources.splits.split(",")
    require_labels(Path(snakemake.input[0]), splits, Path(snakemake.output[0]))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
