"""Rule train: one experiment, one seed."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.config import ModelConfig
from ariigcn.training.config import TrainingConfig
from ariigcn.training.launch import train_on_all
from ariigcn.training.run import Run, RunFiles


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
    train_on_all(run, files, snakemake.resources.get("mpi", ""))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
