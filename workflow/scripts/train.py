"""Rule train: one experiment, one seed, or all its seeds side by side."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.features.config import EncoderConfig
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.config import ModelConfig
from ariigcn.plan.load import load_plan
from ariigcn.training.config import TrainingConfig
from ariigcn.training.launch import train_all
from ariigcn.training.run import Run, RunFiles


def main(snakemake):
    configure_logging(snakemake.log[0])
    params, experiment = snakemake.params, snakemake.wildcards.experiment
    inputs = {name: Path(path) for name, path in params.inputs.items()}
    graph = inputs.pop("graph")
    shared = (GraphConfig(**params.graph), ModelConfig(**params.model))
    # Not parameters of the rule: no result depends on them.
    speed = load_plan(snakemake.config).experiments[experiment].training.speed()
    training = TrainingConfig(**params.training, **speed)
    encoders = {m: EncoderConfig(**e) for m, e in params.encoders.items()}
    folders = [Path(path).parent for path in snakemake.output if path.endswith("history.parquet")]
    runs = [
        (
            Run(
                experiment,
                int(folder.name.removeprefix("seed-")),
                graph,
                inputs,
                *shared,
                training,
                encoders,
            ),
            # Outside the outputs: Snakemake removes those before a job runs again.
            RunFiles.below(folder, folder.parent / ".checkpoints" / folder.name),
        )
        for folder in folders
    ]
    resources = snakemake.resources
    train_all(runs, resources.runs_per_gpu, resources.get("mpi", ""))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
