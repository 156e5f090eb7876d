"""Rule decode: a corpus's clips, read as an encoder that is to be fine-tuned wants them."""

from pathlib import Path

from ariigcn.config.sections import load_config
from ariigcn.core.logs import configure_logging
from ariigcn.finetune.decode import decode
from ariigcn.finetune.kind import parameters_of


def main(snakemake):
    configure_logging(snakemake.log[0])
    # Not parameters of the rule: how fast results come changes none.
    features, params = load_config(snakemake.config).features, snakemake.params
    decode(
        Path(snakemake.input.table),
        Path(params.media_root),
        Path(snakemake.output[0]),
        parameters_of(params.modality, params.parameters),
        workers=snakemake.threads,
        timeout_s=features.timeout_s,
        max_failed_share=features.max_failed_share,
    )


# Workers are spawned and import this file again: the guard is not decoration.
if __name__ == "__main__":
    main(snakemake)  # noqa: F821
