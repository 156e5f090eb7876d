"""Seconds a training epoch, an evaluation pass and the floor under them; one process a cell.

python -m benchmarks.bench_train
python -m benchmarks.bench_train --shape meld --hidden 128 --context gru --before /tmp/before

A checkout of another commit, as ``--before``, is measured by these files in turn with this one. On a busy
machine only processor seconds of one thread say something, and those to about a tenth.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from ariigcn.core.signals import StopRequest
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import Dialogues
from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.models.config import ModelConfig
from ariigcn.training.config import TrainingConfig
from ariigcn.training.loop import Trainer
from ariigcn.training.run import choose_device
from benchmarks.floor import ProductRecorder, floating_operations, replay
from benchmarks.shapes import Shape, generate, iemocap, meld

ROOT = Path(__file__).parents[1]
LOSSES = dict.fromkeys(("adversarial", "intra_inter_modal", "intra_inter_class"), 0.1)
SHARED_PART = {"shared": 4, "stand_in": "others"}  # docs/results.md, "Alignment"
COLUMNS = {
    "epoch, s": "epoch_s",
    "floor, s": "floor_s",
    "ratio": "ratio",
    "epoch, CPU s": "epoch_cpu_s",
    "floor, CPU s": "floor_cpu_s",
    "ratio of CPU s": "cpu_ratio",
    "GFLOP": "gflop",
    "evaluation, s": "evaluation_s",
    "evaluation, CPU s": "evaluation_cpu_s",
    "checkpoint, s": "checkpoint_s",
    "peak, MB": "peak_mb",
}
Names = Annotated[list[str], typer.Option()]


class TimedTrainer(Trainer):
    """A trainer whose history also has the processor seconds of every epoch."""

    def _epoch(self, stop: StopRequest) -> dict[str, float]:
        started = time.process_time()
        row = super()._epoch(stop)
        return row | {"cpu_seconds": time.process_time() - started}


def trainer_of(
    dialogues: Dialogues, model: ModelConfig, training: TrainingConfig, device: torch.device
) -> TimedTrainer:
    """A fresh trainer on generated dialogues."""
    torch.manual_seed(0)
    dimensions = {m: x.shape[1] for m, x in dialogues.x.items()}
    graph = dialogues.graph
    net = ARIIGCN(dimensions, len(graph.labels), len(graph.relations), model)
    return TimedTrainer(net, dialogues, training, 0, device)


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
        started, cpu_started = time.perf_counter(), time.process_time()
        trainer.predict(trainer.selected_model(), test)
        evaluation = time.perf_counter() - started
        evaluation_cpu = time.process_time() - cpu_started
        # Before the floor's own operands are made: they are as large as the training.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        history = trainer.history
        del trainer
        once = training.model_copy(update={"epochs": 1})
        recorded = trainer_of(generate(shape, GraphConfig()), model, once, device)
        with ProductRecorder() as recorder:
            recorded.fit(Path(folder) / "recorded", "bench")
    floors = [replay(recorder.products, device) for _ in range(5)]
    epoch, epoch_cpu = (
        statistics.median(row[name] for row in history[1:]) for name in ("seconds", "cpu_seconds")
    )
    floor, floor_cpu = (statistics.median(seconds) for seconds in zip(*floors, strict=True))
    return {
        "epoch_s": epoch,
        "floor_s": floor,
        "ratio": epoch / floor,
        "epoch_cpu_s": epoch_cpu,
        "floor_cpu_s": floor_cpu,
        "cpu_ratio": epoch_cpu / floor_cpu,
        "gflop": floating_operations(recorder.products) / 1e9,
        "evaluation_s": evaluation,
        "evaluation_cpu_s": evaluation_cpu,
        "checkpoint_s": (whole - sum(row["seconds"] for row in history)) / training.epochs,
        "peak_mb": peak,
    }


def elsewhere(checkout: Path, options: Sequence[str]) -> dict[str, Any]:
    """A cell's figures, measured by these files with the package of a checkout, in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        for name, root in (("ariigcn", checkout.absolute()), ("benchmarks", ROOT)):
            (Path(folder) / name).symlink_to(root / name)
        command = [sys.executable, "-m", "benchmarks.bench_train", *options, "--json"]
        run = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        figures: dict[str, Any] = json.loads(run.stdout)
        return figures


def print_table(
    cells: Sequence[tuple[str, int, str]], shared: dict[str, Any], before: Path | None
) -> None:
    """A row a cell and checkout; ``shared`` are the options of all cells."""
    checkouts = {"before": before, "now": ROOT} if before else {"now": ROOT}
    titles = ("shape", "hidden", "context", "package", *COLUMNS)
    for row in (titles, ("---",) * len(titles)):
        typer.echo(f"| {' | '.join(row)} |")
    for cell in cells:
        named = {**shared, **dict(zip(("shape", "hidden", "context"), cell, strict=True))}
        options = [str(word) for name, value in named.items() for word in (f"--{name}", value)]
        for name, checkout in checkouts.items():
            figures = elsewhere(checkout, options)
            row = (*map(str, cell), name, *(f"{figures[c]:.4g}" for c in COLUMNS.values()))
            typer.echo(f"| {' | '.join(row)} |")


def main(
    shape: Names = ["iemocap", "meld"],  # noqa: B006  # typer's way to give a list
    hidden: Annotated[list[int], typer.Option()] = [128, 512],  # noqa: B006
    context: Names = ["none", "gru"],  # noqa: B006
    copies: Annotated[int, typer.Option(help="Training dialogues, times this.")] = 1,
    epochs: int = 5,
    threads: int = 1,
    batch_dialogues: int = 16,
    batch_utterances: Annotated[int, typer.Option(help="0: by dialogues.")] = 0,
    form: str = "hinge",
    bases: Annotated[int, typer.Option(help="Matrices that relations share; 0: one each.")] = 2,
    graph_layer: Annotated[str, typer.Option(help="As model.graph_layer.")] = "speaker-relation",
    alignment: Annotated[
        str, typer.Option(help="As model.alignment.by; another than the paper's: of a shared part.")
    ] = "discriminators",
    precision: str = "float32",
    meld_tables: Annotated[Path | None, typer.Option(help="For MELD's real lengths.")] = None,
    before: Annotated[Path | None, typer.Option(help="Another checkout, in turn.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One cell, in this process.")] = False,
) -> None:
    """Print a table of Markdown, a row a shape, size and context."""
    if not as_json:
        shared = {
            "copies": copies, "epochs": epochs, "threads": threads, "form": form, "bases": bases,
            "batch-dialogues": batch_dialogues, "batch-utterances": batch_utterances,
            "graph-layer": graph_layer, "alignment": alignment, "precision": precision,
            **({"meld-tables": meld_tables.absolute()} if meld_tables else {}),
        }  # fmt: skip
        print_table([*product(shape, hidden, context)], shared, before)
        return
    torch.set_num_threads(threads)
    shapes = {"iemocap": iemocap, "meld": lambda: meld(meld_tables)}
    by = {} if alignment == "discriminators" else {"alignment": {"by": alignment, **SHARED_PART}}
    model = ModelConfig.model_validate(
        {
            "hidden": hidden[0],
            "relation_bases": bases,
            "graph_layer": graph_layer,
            "context": context[0],
            "losses": {**LOSSES, "form": form},
            **by,
        }
    )
    training = TrainingConfig.model_validate(
        {
            "epochs": epochs,
            "batch_dialogues": batch_dialogues,
            **({"batch_utterances": batch_utterances} if batch_utterances else {}),
            "selection": "last",
            "threads": threads,
            "precision": precision,
            "checkpoint_s": 0,
        }
    )
    chosen = shapes[shape[0]]()
    figures = measure(chosen.times(copies) if copies > 1 else chosen, model, training)
    typer.echo(json.dumps(figures))


if __name__ == "__main__":
    typer.run(main)
