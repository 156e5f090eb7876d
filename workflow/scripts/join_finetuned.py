"""Rule join_finetuned: what fine-tuned encoders made of each utterance, into one store."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.finetune.config import Parameters
from ariigcn.finetune.store import join


def main(snakemake):
    configure_logging(snakemake.log[0])
    parameters = Parameters(**snakemake.params.parameters)
    join(Path(snakemake.input.table), Path(snakemake.output[0]), parameters)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
