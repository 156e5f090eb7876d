"""Rule transcribe: a machine's transcripts of recordings that have none."""

from pathlib import Path

from ariigcn.config.sections import load_config
from ariigcn.core.logs import configure_logging
from ariigcn.plan.files import Files
from ariigcn.plan.predictions import listening_shards
from ariigcn.predict.transcribing import transcribe_all
from ariigcn.speech.settings import SpeechSettings


def main(snakemake):
    configure_logging(snakemake.log[0])
    config = load_config(snakemake.config)
    transcribe_all(
        listening_shards(config)[int(snakemake.wildcards.shard)],
        SpeechSettings(**snakemake.params.speech),
        Path(Files.of(config).transcripts),
        Path(snakemake.output[0]),
        threads=snakemake.threads,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
