"""Rule train: one experiment, one seed, or all its seeds side by side."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.plan.load import load_plan
from ariigcn.plan.runs import run_of
from ariigcn.training.launch import train_all
from ariigcn.training.run import RunFiles


def main(snakemake):
    configure_logging(snakemake.log[0])
    # The rule's parameters hold the keys that decide the result; speed is read beside them.
    plan, experiment = load_plan(snakemake.config), snakemake.wildcards.experiment
    folders = [Path(path).parent for path in snakemake.output if path.endswith("history.parquet")]
    runs = [
        (
            run_of(plan, experiment, int(folder.name.removeprefix("seed-"))),
            # Outside the outputs: Snakemake removes those before a job runs again.
            RunFiles.below(folder, folder.parent / ".checkpoints" / folder.name),
        )
        for folder in folders
    ]
    resources = snakemake.resources
    train_all(runs, resources.runs_per_gpu, resources.get("mpi", ""))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
