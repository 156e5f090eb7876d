"""Processor milliseconds a training step of several models takes, measured in turn step by step.

python -m benchmarks.steps --shape meld '{context: gru}' '{context: qrnn}' '{context: none}'

A machine whose speed changes from minute to minute changes it for all of them: each model does the
same step before any does the next, and the least of several passes over the steps counts.
"""

import time
from collections.abc import Sequence
from typing import Annotated

import numpy as np
import torch
import typer
import yaml

from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import Dialogues
from ariigcn.models.config import ModelConfig
from ariigcn.training.batches import epoch_batches
from ariigcn.training.config import TrainingConfig
from ariigcn.training.loop import Trainer
from benchmarks.bench_train import LOSSES, trainer_of
from benchmarks.shapes import generate, iemocap, meld

SHAPES = {"iemocap": iemocap, "meld": meld}
EPOCH = 3  # after the warm-up of the game


def trainer(dialogues: Dialogues, model: str, training: TrainingConfig) -> Trainer:
    """A model with every loss on, as YAML changes it."""
    settings = {"losses": LOSSES, **yaml.safe_load(model)}
    config = ModelConfig.model_validate(settings)
    made = trainer_of(dialogues, config, training, torch.device("cpu"))
    made.model.train()
    return made


def step(trainer: Trainer, dialogues: torch.Tensor) -> float:
    """Take one step, its moving average included; processor milliseconds."""
    started = time.process_time()
    trainer.step(dialogues, EPOCH)
    if trainer.average is not None:
        trainer.average.update(trainer.model, warming_up=False)
    return 1e3 * (time.process_time() - started)


def measure(trainers: Sequence[Trainer], steps: int, passes: int) -> np.ndarray:
    """Mean over steps of each trainer's least time, in milliseconds, [trainers]."""
    first = trainers[0]
    lengths = first.dialogues.dialogue_ptr.diff()
    training = first.dialogues.of_split("train")
    parts = epoch_batches(training, lengths, first.config, seed=0, epoch=1)[:steps]
    spent = [[[step(t, part) for t in trainers] for part in parts] for _ in range(passes)]
    return np.array(spent).min(0).mean(0)


def main(
    models: Annotated[
        list[str], typer.Argument(help="Keys of `model`, in YAML; {} is the default.")
    ],
    shape: str = "meld",
    batch_dialogues: int = 16,
    batch_utterances: Annotated[int, typer.Option(help="0: by dialogues.")] = 0,
    steps: int = 20,
    passes: int = 10,
) -> None:
    """Print a table of Markdown, a row a model; ratios are to the first."""
    torch.set_num_threads(1)
    dialogues = generate(SHAPES[shape](), GraphConfig())
    sizes = {"batch_utterances": batch_utterances} if batch_utterances else {}
    training = TrainingConfig(batch_dialogues=batch_dialogues, checkpoint_s=0, **sizes)
    found = measure([trainer(dialogues, m, training) for m in models], steps, passes)
    typer.echo("| model | step, CPU ms | of the first |\n| --- | --- | --- |")
    for model, milliseconds in zip(models, found, strict=True):
        typer.echo(f"| `{model}` | {milliseconds:.1f} | {milliseconds / found[0]:.2f} |")


if __name__ == "__main__":
    typer.run(main)
