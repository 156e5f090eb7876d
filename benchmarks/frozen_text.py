"""What extracting MELD's text with the frozen MiniLM costs, to compare two checkouts.

PYTHONPATH=CHECKOUT python benchmarks/frozen_text.py /data/meld

Run it in turn with one checkout and the other; it prints processor seconds of the whole extraction, the
worker's start included, and a digest of the vectors.
"""

import hashlib
import resource
import tempfile
from dataclasses import replace
from pathlib import Path

import typer

from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.meld import load
from ariigcn.corpora.table import write_corpus
from ariigcn.features.config import EncoderConfig, FeaturesConfig
from ariigcn.features.extract import extract
from ariigcn.features.store import FeatureStore


def processor_seconds() -> float:
    """Of this process and its finished children."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(each) for each in whose]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main(meld: Path, rows: int = 3000) -> None:
    """Extract the first texts with one worker."""
    corpus = load(meld, SplitConfig())
    corpus = replace(corpus, utterances=corpus.utterances[:rows])
    encoder = EncoderConfig(modality="text", encoder="minilm")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, out = folder / "table.parquet", folder / "text.h5"
        write_corpus(corpus, table)
        before = processor_seconds()
        extract(table, meld, out, encoder, block=FeaturesConfig().block_of("text"), workers=1)
        seconds = processor_seconds() - before
        values = FeatureStore(out).read().values
    digest = hashlib.sha256(values.tobytes()).hexdigest()[:12]
    typer.echo(f"{seconds:.2f} processor seconds for {len(values)} texts, vectors {digest}")


if __name__ == "__main__":
    typer.run(main)
