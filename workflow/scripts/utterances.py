"""Rule utterances: read a corpus from its folder and write the utterance table."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.registry import prepare


def main(snakemake):
    configure_logging(snakemake.log[0])
    params = snakemake.params
    prepare(
        params.corpus,
        Path(params.root),
        Path(snakemake.output[0]),
        SplitConfig(**params.split),
        params.options,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
