"""Seconds a training epoch, an evaluation pass and the floor under them; one process a corpus shape.

python -m benchmarks.bench_train --shape iemocap --threads 2
"""

import json
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

import torch
import typer

from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import Dialogues
from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.models.config import ModelConfig
from ariigcn.training.config import TrainingConfig
from ariigcn.training.loop import Trainer
from ariigcn.training.run import choose_device
from benchmarks.floor import ProductRecorder, floating_operations, replay
from benchmarks.shapes import Shape, generate, iemocap, meld


def trainer_of(
    dialogues: Dialogues, model: ModelConfig, training: TrainingConfig, device: torch.device
) -> Trainer:
    """A fresh trainer on generated dialogues."""
    torch.manual_seed(0)
    dimensions = {m: x.shape[1] for m, x in dialogues.x.items()}
    graph = dialogues.graph
    net = ARIIGCN(dimensions, len(graph.labels), len(graph.relations), model)
    return Trainer(net, dialogues, training, 0, device)


def measure(shape: Shape, model: ModelConfig, training: TrainingConfig) -> dict[str, float]:
    """Median over epochs, the first left out; then the floor of one."""
    device = choose_device(training.device)
    dialogues = generate(shape, GraphConfig())
    test = dialogues.of_split("test")
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_of(dialogues, model, training, device)
        del dialogues  # as in a run, the standardised ones stay alone
        started = time.perf_counter()
        trainer.fit(Path(folder) / "timed", "bench")
        whole = time.perf_counter() - started
        started = time.perf_counter()
        trainer.predict(trainer.selected_model(), test)
        evaluation = time.perf_counter() - started
        # Before the floor's own operands are made: they are as large as the training.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds = [row["seconds"] for row in trainer.history]
        del trainer
        once = training.model_copy(update={"epochs": 1})
        recorded = trainer_of(generate(shape, GraphConfig()), model, once, device)
        with ProductRecorder() as recorder:
            recorded.fit(Path(folder) / "recorded", "bench")
    floors = [replay(recorder.products, device) for _ in range(5)]
    epoch, floor = statistics.median(seconds[1:]), statistics.median(floors)
    return {
        "epoch_s": epoch,
        "floor_s": floor,
        "ratio": epoch / floor,
        "gflop": floating_operations(recorder.products) / 1e9,
        "checkpoint_s": (whole - sum(seconds)) / training.epochs,
        "evaluation_s": evaluation,
        "peak_mb": peak,
    }


def main(
    shape: Annotated[str, typer.Option(help="iemocap or meld")] = "iemocap",
    copies: Annotated[int, typer.Option(help="Training dialogues, times this.")] = 1,
    epochs: int = 5,
    threads: int = 2,
    hidden: int = 512,
    form: str = "hinge",
    bases: Annotated[int, typer.Option(help="Matrices that relations share; 0: one each.")] = 2,
    context: Annotated[str, typer.Option(help="none or gru")] = "gru",
    graph_layer: Annotated[str, typer.Option(help="As model.graph_layer.")] = "speaker-relation",
    precision: str = "float32",
    meld_tables: Annotated[Path | None, typer.Option(help="For MELD's real lengths.")] = None,
) -> None:
    """Print one line of JSON."""
    torch.set_num_threads(threads)
    shapes = {"iemocap": iemocap, "meld": lambda: meld(meld_tables)}
    weights = dict.fromkeys(("adversarial", "intra_inter_modal", "intra_inter_class"), 0.1)
    model = ModelConfig.model_validate(
        {
            "hidden": hidden,
            "relation_bases": bases,
            "graph_layer": graph_layer,
            "context": context,
            "losses": {**weights, "form": form},
        }
    )
    training = TrainingConfig.model_validate(
        {
            "epochs": epochs,
            "batch_dialogues": 16,
            "selection": "last",
            "threads": threads,
            "precision": precision,
            "checkpoint_s": 0,
        }
    )
    chosen = shapes[shape]()
    figures = measure(chosen.times(copies) if copies > 1 else chosen, model, training)
    rounded = {name: round(value, 3) for name, value in figures.items()}
    typer.echo(
        json.dumps(
            {
                "shape": shape,
                "copies": copies,
                "threads": threads,
                "bases": bases,
                "layer": graph_layer,
                **rounded,
            }
        )
    )


if __name__ == "__main__":
    typer.run(main)
