"""Rule inspection: attention and representations of the main experiment's first seed."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.evaluation.figures.representations import draw_representations
from ariigcn.evaluation.inspection import inspect_model


def main(snakemake):
    configure_logging(snakemake.log[0])
    inputs = {name: Path(path) for name, path in snakemake.input.items()}
    table, graph, model = (inputs.pop(name) for name in ("table", "graph", "model"))
    inspection = Path(snakemake.output.inspection)
    inspect_model(model, graph, inputs, inspection)
    draw_representations(inspection, table, Path(snakemake.output.figure))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
