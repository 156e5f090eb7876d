"""Rule finetune: a corpus's training split into a text encoder of its own."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.finetune.config import Parameters
from ariigcn.finetune.run import learn


def main(snakemake):
    configure_logging(snakemake.log[0])
    out, params = Path(snakemake.output[0]), snakemake.params
    learn(
        Path(snakemake.input.table),
        out,
        # Outside the output: Snakemake removes that before a job runs again.
        checkpoints=out.parent / ".checkpoints" / out.name,
        parameters=Parameters(**params.parameters, folds=params.folds),
        number=int(snakemake.wildcards.number),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
