"""Rule tune_worker: one worker's share of the search of one experiment."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.plan.load import load_plan
from ariigcn.plan.runs import run_of
from ariigcn.training.config import TuneConfig
from ariigcn.training.tune import Search, tune


def main(snakemake):
    configure_logging(snakemake.log[0])
    params, experiment = snakemake.params, snakemake.wildcards.experiment
    config = TuneConfig(**params.tune)
    run = run_of(load_plan(snakemake.config), experiment, config.seeds[0])
    tune(
        Search(run, config, config.space),
        worker=int(snakemake.wildcards.worker),
        journals=Path(params.journals),
        out=Path(snakemake.output[0]),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
