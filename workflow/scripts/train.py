"""Rule train: one experiment, one seed."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.config import ModelConfig
from ariigcn.training.config import TrainingConfig
from ariigcn.training.run import Run, RunFiles, train


def main(snakemake):
    configure_logging(snakemake.log[0])
    params, output = snakemake.params, snakemake.output
    inputs = {name: Path(path) for name, path in snakemake.input.items()}
    run = Run(
        experiment=snakemake.wildcards.experiment,
        seed=int(snakemake.wildcards.seed),
        graph_file=inputs.pop("graph"),
        stores=inputs,
        graph=GraphConfig(**params.graph),
        model=ModelConfig(**params.model),
        training=TrainingConfig(**params.training),
    )
    files = RunFiles(
        model=Path(output.model),
        history=Path(output.history),
        predictions=Path(output.predictions),
        checkpoints=Path(params.checkpoints),
    )
    train(run, files)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
