"""Rule tuned: the best settings as a preset."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.training.tuned import write_tuned


def main(snakemake):
    configure_logging(snakemake.log[0])
    params = snakemake.params
    trials = {name: [Path(p) for p in paths] for name, paths in params.trials.items()}
    write_tuned(trials, params.overrides, Path(snakemake.output[0]))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
