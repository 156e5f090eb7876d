"""Rule ready: whether an experiment's graph and stores fit it, before its seeds start."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.plan.load import load_plan
from ariigcn.plan.runs import run_of
from ariigcn.training.checks import check_run


def main(snakemake):
    configure_logging(snakemake.log[0])
    check_run(run_of(load_plan(snakemake.config), snakemake.wildcards.experiment))
    Path(snakemake.output[0]).touch()


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
