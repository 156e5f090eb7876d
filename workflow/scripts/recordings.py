"""Rule recordings: a folder of recordings with their transcripts as an utterance table."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.corpora.table import write_corpus
from ariigcn.predict.recordings import read_recordings
from ariigcn.predict.transcribing import read_heard


def main(snakemake):
    configure_logging(snakemake.log[0])
    heard = read_heard([Path(index) for index in snakemake.input])
    write_corpus(read_recordings(Path(snakemake.params.root), heard), Path(snakemake.output[0]))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
