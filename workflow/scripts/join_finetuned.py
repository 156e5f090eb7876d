"""Rule join_finetuned: what fine-tuned encoders made of each utterance, into one store."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.finetune.kind import parameters_of
from ariigcn.finetune.store import join


def main(snakemake):
    configure_logging(snakemake.log[0])
    params, decoded = snakemake.params, snakemake.input.get("decoded")
    join(
        Path(snakemake.input.table),
        Path(snakemake.output[0]),
        parameters_of(params.modality, params.parameters),
        decoded=Path(decoded) if decoded else None,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
