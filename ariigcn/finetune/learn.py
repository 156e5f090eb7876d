"""The fine-tuning itself: transformers' Trainer, with our order of utterances, rates and checkpoints."""

import json
import logging
import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import (
    EvalPrediction,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    get_linear_schedule_with_warmup,
)

from ariigcn.core.files import atomic_path, remove
from ariigcn.core.logs import Counter, progress
from ariigcn.core.scores import weighted_f1
from ariigcn.core.signals import StopRequest
from ariigcn.finetune.config import Learning
from ariigcn.finetune.inputs import Collate, Example, Examples, Shuffled
from ariigcn.finetune.network import Network

logger = logging.getLogger(__name__)
CHECKPOINT_S = 120.0
WHOLE = "whole"  # a file that stands in a checkpoint once everything else does
# What stands below the first layer, in the names that encoders of text, sound and pictures have.
LOWEST = re.compile(r"embed|feature_extractor|feature_projection|masked_spec|pre_layrnorm")
Row = dict[str, float]


class Learner(Trainer):
    """transformers' Trainer with our batches: a function of the seed and the epoch alone."""

    def __init__(self, order: Shuffled, watch: "Watch", **given: Any) -> None:
        self._order, self._watch = order, watch
        super().__init__(callbacks=[watch], **given)
        self.remove_callback(PrinterCallback)

    def get_train_dataloader(self) -> DataLoader[Example]:
        """The training utterances in batches of like size."""
        collate: Any = self.data_collator
        return DataLoader(self.train_dataset, batch_sampler=self._order, collate_fn=collate)

    def get_eval_dataloader(self, eval_dataset: Any = None) -> DataLoader[Example]:
        """The validation utterances in their order."""
        collate: Any = self.data_collator
        return DataLoader(self.eval_dataset, batch_size=self._order.batch, collate_fn=collate)

    def training_step(self, *given: Any, **named: Any) -> Tensor:
        """One step; its loss is noted."""
        loss = super().training_step(*given, **named)
        self._watch.losses[self._order.epoch].append(loss.item())
        return loss


class Watch(TrainerCallback):
    """Progress, checkpoints by the clock, and a stop between two steps.

    Args:
        order: of the training utterances; it is told the epoch.
        counter: of steps.
        stop: whether a scheduler wants the machine.
        folder: of checkpoints.
    """

    def __init__(self, order: Shuffled, counter: Counter, stop: StopRequest, folder: Path) -> None:
        self._order, self._counter, self._stop, self._folder = order, counter, stop, folder
        self._saved = time.monotonic()
        self.losses: defaultdict[int, list[float]] = defaultdict(list)

    def resume(self, checkpoint: Path) -> None:
        """Take up the losses of a whole checkpoint."""
        kept = json.loads((checkpoint / WHOLE).read_text())
        self.losses.update({int(epoch): losses for epoch, losses in kept.items()})

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell the order; the Trainer tells it nothing where it resumes in the middle of an epoch."""
        self._order.epoch = state.global_step // len(self._order)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Count, and save where it is time or a scheduler wants the machine.

        Not after an epoch's last step: a checkpoint follows once the epoch is judged, and one before
        that would resume behind the judgement.
        """
        self._counter.advance()
        due = self._stop or time.monotonic() - self._saved >= CHECKPOINT_S
        if due and state.global_step % len(self._order):
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Mark the checkpoint as whole, since a kill leaves half of one; then stop, if asked to."""
        self._saved = time.monotonic()
        whole = self._folder / f"checkpoint-{state.global_step}" / WHOLE
        with atomic_path(whole) as path:
            path.write_text(json.dumps(self.losses))
        self._stop.check("the last step is kept")


def fine_tune(
    network: Network,
    collate: Collate,
    parameters: Learning,
    *,
    examples: Examples,
    validation: Examples,
    checkpoints: Path,
) -> list[Row]:
    """Fit the network, and leave it with the weights of its best epoch on validation.

    Without validation utterances the last epoch's weights are used. A run that was killed goes on from
    its last checkpoint and ends with the same bits on a CPU.

    Args:
        network: its head seeded by the caller.
        collate: examples to batches.
        parameters: how it learns.
        examples, validation: labelled utterances.
        checkpoints: folder of the run's checkpoints.

    Returns:
        An epoch a row: ``epoch``, ``loss``, ``validation_loss``, ``validation_weighted_f1``.

    Raises:
        StoppedError: it was asked to stop; its last checkpoint is kept.
    """
    order = Shuffled(examples.sizes, parameters.batch, parameters.seed)
    steps = parameters.epochs * len(order)
    optimiser = torch.optim.AdamW(groups(network, parameters), fused=True)
    schedule = get_linear_schedule_with_warmup(optimiser, int(parameters.warmup * steps), steps)
    begun = last_whole(checkpoints)
    done = 0 if begun is None else int(begun.name.rpartition("-")[2])
    with progress("fine-tuning steps", steps, done) as counter, StopRequest() as stop:
        watch = Watch(order, counter, stop, checkpoints)
        if begun is not None:
            watch.resume(begun)
        learner = Learner(
            order,
            watch,
            data_collator=collate,
            model=network,
            args=arguments(parameters, checkpoints, selects=len(validation) > 0),
            train_dataset=examples,
            eval_dataset=validation if len(validation) else None,
            compute_metrics=scores,
            optimizers=(optimiser, schedule),
        )
        learner.train(resume_from_checkpoint=None if begun is None else str(begun))
    return history(watch.losses, learner.state.log_history)


def arguments(parameters: Learning, folder: Path, *, selects: bool) -> TrainingArguments:
    """Everything that the Trainer is told."""
    chosen: dict[str, Any] = {
        "eval_strategy": "epoch",
        "load_best_model_at_end": True,
        "metric_for_best_model": "weighted_f1",
        "greater_is_better": True,
    }
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=parameters.epochs,
        seed=parameters.seed,
        bf16=parameters.precision == "bf16",
        use_cpu=not torch.cuda.is_available(),
        save_strategy="epoch",
        save_total_limit=2,
        logging_strategy="no",
        label_names=["labels"],
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to=[],
        log_level="error",
        **(chosen if selects else {}),
    )


def groups(network: Network, parameters: Learning) -> list[dict[str, Any]]:
    """What the optimiser learns: a rate a layer, and no decay of biases and norms."""
    config = network.base.config
    # Convolutional networks count stages.
    count = int(getattr(config, "num_hidden_layers", len(getattr(config, "depths", ()))))
    found: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, weight in network.named_parameters():
        if not weight.requires_grad:
            continue
        rate = parameters.learning_rate * parameters.layer_decay ** (count - depth(name, count))
        decay = parameters.weight_decay if weight.ndim > 1 else 0.0
        found.setdefault((rate, decay), []).append(weight)
    return [
        {"params": weights, "lr": rate, "weight_decay": decay}
        for (rate, decay), weights in found.items()
    ]


def depth(name: str, layers: int) -> int:
    """How far up a weight stands: 0 the embeddings, ``layers`` the last layer and the head."""
    if not name.startswith("base."):
        return layers
    if LOWEST.search(name):
        return 0
    numbers = [int(part) for part in name.split(".") if part.isdigit()]
    return min(numbers[0] + 1, layers) if numbers else layers


def scores(predicted: EvalPrediction) -> Row:
    """Weighted F1 of validation."""
    made: Any = predicted.predictions
    logits = made[0] if isinstance(made, tuple) else made
    return {"weighted_f1": weighted_f1(np.asarray(predicted.label_ids), logits.argmax(-1))}


def history(losses: Mapping[int, Sequence[float]], log: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row an epoch: the mean of its steps' losses, and what the Trainer's log tells of validation."""
    names = {"eval_loss": "validation_loss", "eval_weighted_f1": "validation_weighted_f1"}
    rows = [{"epoch": n + 1.0, "loss": fmean(losses[n])} for n in sorted(losses)]
    for entry in log:
        judged = {names[key]: float(value) for key, value in entry.items() if key in names}
        if judged:
            rows[round(entry["epoch"]) - 1] |= judged
    return rows


def last_whole(folder: Path) -> Path | None:
    """The newest whole checkpoint; what a kill left half written is removed."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    for path in [path for path in found if not (path / WHOLE).is_file()]:
        logger.warning("%s is not whole; the one before is used", path)
        remove(path)
    whole = [path for path in found if (path / WHOLE).is_file()]
    return whole[-1] if whole else None
