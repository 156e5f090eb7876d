"""What extracting MELD's text with the frozen MiniLM costs, to compare two checkouts.

PYTHONPATH=CHECKOUT python benchmarks/frozen_text.py /data/meld

Run it in turn with one checkout and the other; it prints processor seconds of the whole extraction, the
worker's start included, and a digest of the vectors.
"""

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

import typer

from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.meld import load
from ariigcn.corpora.table import write_corpus
from ariigcn.features.config import FeaturesConfig
from ariigcn.features.extract import extract
from ariigcn.features.store import FeatureStore
from benchmarks.bench_features import MINILM, spent


def main(meld: Path, rows: int = 3000) -> None:
    """Extract the first texts with one worker."""
    corpus = load(meld, SplitConfig())
    corpus = replace(corpus, utterances=corpus.utterances[:rows])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, out = folder / "table.parquet", folder / "text.h5"
        write_corpus(corpus, table)
        block = FeaturesConfig().block_of("text")
        seconds = spent(lambda: extract(table, meld, out, MINILM, block=block, workers=1)).cpu
        values = FeatureStore(out).read().values
    digest = hashlib.sha256(values.tobytes()).hexdigest()[:12]
    typer.echo(f"{seconds:.2f} processor seconds for {len(values)} texts, vectors {digest}")


if __name__ == "__main__":
    typer.run(main)
