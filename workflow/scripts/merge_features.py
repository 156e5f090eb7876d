"""Rule merge_features: the stores of a corpus's shards, joined."""

from pathlib import Path

from ariigcn.config.sections import load_config
from ariigcn.core.logs import configure_logging
from ariigcn.features.extract import merge
from ariigcn.plan.corpus import table_root, tolerance


def main(snakemake):
    configure_logging(snakemake.log[0])
    config = load_config(snakemake.config)
    merge(
        [Path(shard) for shard in snakemake.input],
        Path(snakemake.output[0]),
        media_root=table_root(config),
        **tolerance(config),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
