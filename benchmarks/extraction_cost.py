"""What extracting some clips of a corpus with the default encoder costs, to compare two checkouts.

PYTHONPATH=CHECKOUT python benchmarks/extraction_cost.py data/demo/utterances.parquet data/demo/raw video

Run it in turn with one checkout and the other; it prints processor seconds of the whole extraction, the
worker's start included, and a digest of the vectors.
"""

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ariigcn.corpora.table import read_corpus, write_corpus
from ariigcn.features.config import FeaturesConfig
from ariigcn.features.extract import extract
from ariigcn.features.store import FeatureStore
from benchmarks.bare import spent
from benchmarks.bench_features import FACES, IS10, MINILM

ENCODERS = {encoder.modality: encoder for encoder in (MINILM, IS10, FACES)}


def main(
    table: Annotated[Path, typer.Argument(help="A corpus's utterances.parquet.")],
    media: Annotated[Path, typer.Argument(help="The folder of its media.")],
    modality: str,
    rows: int = 3000,
) -> None:
    """Extract the first clips with one worker."""
    corpus = read_corpus(table)
    corpus = replace(corpus, utterances=corpus.utterances[:rows])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        part, out = folder / "table.parquet", folder / "out.h5"
        write_corpus(corpus, part)
        block, encoder = FeaturesConfig().block_of(modality), ENCODERS[modality]
        seconds = spent(lambda: extract(part, media, out, encoder, block=block, workers=1)).cpu
        values = FeatureStore(out).read().values
    digest = hashlib.sha256(values.tobytes()).hexdigest()[:12]
    typer.echo(f"{seconds:.2f} processor seconds for {len(values)} clips, vectors {digest}")


if __name__ == "__main__":
    typer.run(main)
