"""Several seeds of one experiment: a process each, one after another in one process, or stacked.

Layers hold one set of weights a modality and run all modalities as one product, so S seeds stacked
cost what a model of S times the modalities costs. The game and the pairs, whose cost grows with the
square of the modalities, are off: what is compared is encoders, GRUs, generators, graph, classifier.

python -m benchmarks.seeds --shape demo --seeds 5
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer

from ariigcn.graphs.config import GraphConfig
from ariigcn.models.config import ModelConfig
from ariigcn.training.config import TrainingConfig
from benchmarks.bench_train import trainer_of
from benchmarks.shapes import Shape, demo, generate, iemocap

EPOCHS = 6


def epoch_seconds(shape: Shape, hidden: int) -> float:
    """Median over epochs, the first left out."""
    off = dict.fromkeys(("adversarial", "intra_inter_modal", "intra_inter_class"), 0)
    model = ModelConfig.model_validate({"hidden": hidden, "losses": off})
    training = TrainingConfig(epochs=EPOCHS, batch_dialogues=8, selection="last", checkpoint_s=3600)
    trainer = trainer_of(generate(shape, GraphConfig()), model, training, torch.device("cpu"))
    with tempfile.TemporaryDirectory() as folder:
        trainer.fit(Path(folder), "bench")
    return statistics.median(row["seconds"] for row in trainer.history[1:])


def start_seconds() -> float:
    """What a process takes before it trains: its imports."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import ariigcn.training.launch"], check=True)
    return time.perf_counter() - started


def main(
    shape: Annotated[str, typer.Option(help="demo or iemocap")] = "demo",
    seeds: int = 5,
    hidden: int = 128,
    threads: int = 1,
) -> None:
    """Print one line of JSON: seconds to start a process, and an epoch of all seeds either way."""
    torch.set_num_threads(threads)
    one = {"demo": demo, "iemocap": iemocap}[shape]()
    copies = {f"{m}-{i}": size for i in range(seeds) for m, size in one.features.items()}
    figures = {
        "start_s": statistics.median(start_seconds() for _ in range(3)),
        "in_turn_s": seeds * epoch_seconds(one, hidden),
        "stacked_s": epoch_seconds(replace(one, features=copies), hidden),
    }
    rounded = {name: round(value, 3) for name, value in figures.items()}
    typer.echo(json.dumps({"shape": shape, "seeds": seeds, "hidden": hidden, **rounded}))


if __name__ == "__main__":
    typer.run(main)
