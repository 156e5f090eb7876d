"""Rule demo_corpus: make the built-in corpus's media."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.generate import generate


def main(snakemake):
    configure_logging(snakemake.log[0])
    config = DemoConfig(**snakemake.params.demo)
    generate(config, Path(snakemake.output[0]), workers=snakemake.threads)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
