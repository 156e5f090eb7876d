"""Rules extract_text, extract_audio, extract_video: clips to vectors in HDF5."""

from pathlib import Path

from ariigcn.config.sections import load_config
from ariigcn.core.logs import configure_logging
from ariigcn.features.config import EncoderConfig
from ariigcn.features.extract import extract
from ariigcn.plan.corpus import cache_dir, tolerance


def main(snakemake):
    configure_logging(snakemake.log[0])
    # Not parameters of the rule: how fast results come, and where they are kept, changes none.
    config = load_config(snakemake.config)
    features, params = EncoderConfig(**snakemake.params.encoder), snakemake.params
    shard = int(snakemake.wildcards.get("shard", 1)) - 1
    extract(
        table=Path(snakemake.input.table),
        media_root=Path(params.media_root),
        out=Path(snakemake.output[0]),
        features=features,
        block=config.features.block_of(features.modality),
        timeout_s=config.features.timeout_s,
        workers=snakemake.threads,
        shard=(shard, config.features.shards),
        cache=cache_dir(config),
        workers_per_gpu=config.features.workers_per_gpu,
        **tolerance(config),
    )


# Workers are spawned and import this file again: the guard is not decoration.
if __name__ == "__main__":
    main(snakemake)  # noqa: F821
