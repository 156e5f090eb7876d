"""Rule graph: the speaker-relation graph of every dialogue."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.graphs.build import build_graph_file
from ariigcn.graphs.config import GraphConfig


def main(snakemake):
    configure_logging(snakemake.log[0])
    config = GraphConfig(**snakemake.params.graph)
    build_graph_file(Path(snakemake.input[0]), config, Path(snakemake.output[0]))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
