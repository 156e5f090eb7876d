"""The training loop: alternating adversarial steps, selection on validation, resumable to the bit."""

import copy
import logging
import math
import random
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score
from torch import Tensor
from torch.nn import Parameter
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from ariigcn.core.errors import DataError
from ariigcn.core.files import exclusive
from ariigcn.core.logs import progress
from ariigcn.core.signals import GRACE_S, StopRequest
from ariigcn.graphs.dialogues import Dialogues
from ariigcn.models.base import ConversationModel
from ariigcn.models.diagnostics import mean_discrepancy, modality_probe
from ariigcn.training.checkpoint import load_checkpoint, save_checkpoint
from ariigcn.training.config import TrainingConfig
from ariigcn.training.distributed import Ranks
from ariigcn.training.predict import predict

DIAGNOSED_DIALOGUES = 16
logger = logging.getLogger(__name__)


class DivergedError(DataError):
    """The loss is not finite: of a run's errors the one that another seed may not meet."""


class Trainer:
    """Trains one model on one corpus.

    Everything random is either drawn from torch's global generator, whose state is in every
    checkpoint, or derived from the seed and the epoch.

    Args:
        model: its standardiser fitted, its class weights set.
        dialogues: the corpus, not standardised.
        config: the loop's configuration.
        seed: of the order of dialogues; the global generators are seeded by the caller.
        device: where to train.
    """

    def __init__(
        self,
        model: ConversationModel,
        dialogues: Dialogues,
        config: TrainingConfig,
        seed: int,
        device: torch.device,
    ) -> None:
        self.config, self.seed, self.device = config, seed, device
        random.seed(seed)
        np.random.seed(seed)
        self.model = model.to(device)
        self.dialogues = standardised(dialogues.to(device), self.model)
        self.train_dialogues = dialogues.of_split("train")
        own, game = split_parameters(self.model)
        self.ranks = Ranks(self.model, self.dialogues)
        self.optimiser = AdamW(
            own, config.learning_rate, weight_decay=config.weight_decay, fused=True
        )
        self.game_optimiser = (
            AdamW(game, config.discriminator_learning_rate, betas=(0.5, 0.999), fused=True)
            if model.is_adversarial
            else None
        )
        optimisers = [o for o in (self.optimiser, self.game_optimiser) if o is not None]
        self.schedulers = [LambdaLR(o, self._rate) for o in optimisers]
        self.average = copy.deepcopy(self.model).eval() if config.average else None
        self.steps = 0
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Any] = {"epoch": 0, "score": -1.0, "weights": {}}

    def fit(self, checkpoints: Path, run: str) -> None:
        """Train to the end, from the last checkpoint of the same run where there is one.

        Asked to stop, it finishes an epoch that ends within ``GRACE_S`` and drops a longer one,
        since an epoch longer than that has its predecessor's checkpoint on disk.

        Raises:
            StoppedError: SIGTERM or SIGUSR1 came; the last checkpoint is kept.
        """
        # Two commands that share a results folder take turns; the second finds what the first left.
        with exclusive(checkpoints) if self.ranks.is_first else nullcontext():
            self._fit(checkpoints, run)
        logger.info("selected epoch %d of %d", self.selected_epoch, len(self.history))

    def _fit(self, checkpoints: Path, run: str) -> None:
        state = load_checkpoint(checkpoints, run)
        if state:
            self._restore(state)
        self.ranks.check_same(len(self.history))
        saved = time.monotonic()
        total, done = self.config.epochs, len(self.history)
        with (
            progress("training epochs", total, done) as counter,
            StopRequest(self.ranks.any) as stop,
        ):
            while not self._finished():
                self._epoch(stop)
                since, took = time.monotonic() - saved, self.history[-1]["seconds"]
                due = stop or since >= self.config.checkpoint_s or took >= GRACE_S
                if due and self.ranks.is_first:
                    save_checkpoint(checkpoints, len(self.history), run, self._state())
                    saved = time.monotonic()
                counter.advance()
                stop.check(f"epoch {len(self.history)} is kept")

    @property
    def selected_epoch(self) -> int:
        """The epoch whose weights are used: validation's choice, or the last."""
        return int(self.best["epoch"])

    def selected_model(self) -> ConversationModel:
        """The model with the selected epoch's weights, for evaluation."""
        self.model.load_state_dict(self.best["weights"] or self._evaluated().state_dict())
        return self.model.eval()

    def predict(self, model: ConversationModel, dialogues: Tensor | None = None) -> Tensor:
        """Class probabilities of the utterances of some (default: all) dialogues, [N, C], on the CPU."""
        return predict(model, self.dialogues, dialogues, self.ranks.apply)

    def _finished(self) -> bool:
        done = len(self.history)
        waited = done - self.selected_epoch
        impatient = self.config.selection == "validation" and waited >= self.config.patience
        return done >= self.config.epochs or (done > 0 and impatient)

    def _epoch(self, stop: StopRequest) -> None:
        """One pass, its validation, and the choice whether it is the best so far."""
        started = time.perf_counter()
        epoch = len(self.history) + 1
        self.model.train()
        self.ranks.seed_epoch(self.seed, epoch)
        order = torch.randperm(
            len(self.train_dialogues),
            generator=torch.Generator().manual_seed(self.seed * 100_003 + epoch),
        )
        parts = self.train_dialogues[order].split(self.config.batch_dialogues)
        steps = []
        for part in parts:
            stop.check(f"epoch {epoch} is dropped, the one before is kept", GRACE_S)
            steps.append(self._step(part, epoch))
        self._check_finite(parts, steps, epoch)
        for scheduler in self.schedulers:
            scheduler.step()
        row = {"epoch": float(epoch), **mean_terms(steps), **self._validate()}
        row |= self._diagnose()
        row["seconds"] = time.perf_counter() - started
        self.history.append(row)
        score = row["validation_weighted_f1"]
        if self.config.selection == "last":
            self.best["epoch"] = epoch  # its weights are at hand
        elif score > self.best["score"]:
            weights = copy.deepcopy(self._evaluated().state_dict())
            self.best = {"epoch": epoch, "score": score, "weights": weights}

    def _check_finite(
        self, parts: Sequence[Tensor], steps: list[dict[str, Tensor]], epoch: int
    ) -> None:
        """Raise where a step's loss is not finite; looked at once an epoch, so that no step waits."""
        losses = torch.stack([step["loss"] for step in steps]).tolist()
        for part, loss in zip(parts, losses, strict=True):
            if not math.isfinite(loss):
                names = ", ".join(self.dialogues.graph.dialogue_ids[d] for d in part.tolist())
                raise DivergedError(
                    f"the loss is {loss} in epoch {epoch} on the dialogues {names}; look at their "
                    "features, or lower training.learning_rate or the weights in model.losses "
                    "(the last good checkpoint is kept)"
                )

    def _step(self, dialogues: Tensor, epoch: int) -> dict[str, Tensor]:
        """The discriminators' step on detached representations, then everything else's."""
        lambda_adv = self._lambda_adv(epoch)
        with self._precision():
            output, label = self.ranks.forward(dialogues)
            terms = self._play(output) if self.model.is_adversarial else {}
            terms |= self.model.losses(output, label, lambda_adv)
        self.optimiser.zero_grad(set_to_none=True)
        terms["loss"].backward()
        norm = torch.nn.utils.clip_grad_norm_(
            self.optimiser.param_groups[0]["params"], self.config.clip_norm
        )
        self.optimiser.step()
        self._update_average()
        return {name: value.detach() for name, value in terms.items()} | {"gradient_norm": norm}

    def _precision(self) -> AbstractContextManager[None]:
        """What products are made in: bf16 by autocast, or the tensors' own precision."""
        if self.config.precision != "bf16":
            return nullcontext()
        context: AbstractContextManager[None] = torch.autocast(self.device.type, torch.bfloat16)
        return context

    def _play(self, output: Any) -> dict[str, Tensor]:
        """Discriminator steps; gives L_D and the accuracies before the first of them."""
        assert self.game_optimiser is not None
        first = None
        for _ in range(self.config.discriminator_steps):
            report = self.ranks.discriminator_report(output)
            self.game_optimiser.zero_grad(set_to_none=True)
            report.loss.backward()
            self.game_optimiser.step()
            first = first or report
        assert first is not None
        accuracies = zip(self.model.modalities, first.accuracy.unbind(), strict=True)
        return {"loss_disc": first.loss} | {f"d_accuracy_{m}": a for m, a in accuracies}

    def _validate(self) -> dict[str, float]:
        """Loss, accuracy and weighted F1 on validation; NaN where there is no such split."""
        dialogues = self.dialogues.of_split("validation")
        names = ("validation_loss", "validation_accuracy", "validation_weighted_f1")
        if not len(dialogues):
            return dict.fromkeys(names, float("nan"))
        probabilities = self.predict(self._evaluated().eval(), dialogues)
        label = self.dialogues.label.cpu()[self.dialogues.rows(dialogues)]
        probabilities, label = probabilities[label >= 0], label[label >= 0]
        loss = torch.nn.functional.nll_loss(probabilities.clamp_min(1e-12).log(), label)
        predicted = probabilities.argmax(1)
        accuracy = (predicted == label).double().mean()
        f1 = f1_score(label, predicted, average="weighted", zero_division=0)
        return dict(zip(names, (float(loss), float(accuracy), float(f1)), strict=True))

    @torch.no_grad()
    def _diagnose(self) -> dict[str, float]:
        """How far apart the modalities lie before and after the generators, on held-out dialogues."""
        if not self.model.is_adversarial:
            return {}
        held_out = self.dialogues.of_split("validation")
        dialogues = held_out if len(held_out) else self.train_dialogues
        output = self._evaluated().eval()(self.dialogues.batch(dialogues[:DIAGNOSED_DIALOGUES]))
        stages = {"before": output.separate.float(), "after": output.aligned.float()}
        measures = {"probe": modality_probe, "discrepancy": mean_discrepancy}
        return {
            f"{name}_{stage}": measure(x, output.mask)
            for name, measure in measures.items()
            for stage, x in stages.items()
        }

    def _evaluated(self) -> ConversationModel:
        """The weights that are judged: the moving average where one is kept."""
        return self.model if self.average is None else self.average

    @torch.no_grad()
    def _update_average(self) -> None:
        """Move the average that validation judges, after a step."""
        if self.average is None:
            return
        self.steps += 1
        decay = self._decay()
        for kept, now in zip(self.average.parameters(), self.model.parameters(), strict=True):
            kept.lerp_(now, 1 - decay)

    def _decay(self) -> float:
        """How much of the average stays; its memory grows, or the initial weights would linger."""
        if self.config.average < 1:
            return min(self.config.average, self.steps / (self.steps + 10))
        # Stochastic weight averaging (Izmailov et al., UAI 2018): all steps alike, once it began.
        if len(self.history) < self.config.warmup_epochs:
            self.steps = 0
        return 1 - 1 / max(self.steps, 1)

    def _lambda_adv(self, epoch: int) -> float:
        """The generators' weight, grown linearly over the warm-up."""
        losses = self.model.config.losses
        return losses.adversarial * min(1.0, epoch / max(losses.warmup_epochs, 1))

    def _rate(self, epoch: int) -> float:
        """Learning rate of an epoch (from 0) as a share of the configured one."""
        warmup, epochs = self.config.warmup_epochs, self.config.epochs
        if epoch < warmup:
            return (epoch + 1) / (warmup + 1)
        if self.config.schedule == "constant":
            return 1.0
        done = (epoch - warmup) / max(epochs - warmup, 1)
        return 0.5 * (1 + math.cos(math.pi * done))

    def _state(self) -> dict[str, Any]:
        """Everything that decides what comes next."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "optimiser": self.optimiser.state_dict(),
            "game_optimiser": self.game_optimiser.state_dict() if self.game_optimiser else None,
            "schedulers": [s.state_dict() | {"lr_lambdas": []} for s in self.schedulers],
            "torch": torch.get_rng_state(),
            "cuda": [torch.cuda.get_rng_state()] if self.device.type == "cuda" else [],
            "steps": self.steps,
            "history": self.history,
            # Where the last epoch is the best, its weights stand above already.
            "best": self.best | {"weights": {}} if self._last_is_best() else self.best,
        }

    def _last_is_best(self) -> bool:
        return self.selected_epoch == len(self.history)

    def _restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.game_optimiser is not None:
            self.game_optimiser.load_state_dict(state["game_optimiser"])
        for scheduler, saved in zip(self.schedulers, state["schedulers"], strict=True):
            scheduler.load_state_dict(saved | {"lr_lambdas": [None]})
        torch.set_rng_state(state["torch"])
        if state["cuda"]:
            torch.cuda.set_rng_state(state["cuda"][0])
        self.steps, self.history, self.best = state["steps"], state["history"], state["best"]
        if self._last_is_best() and self.config.selection == "validation":
            self.best["weights"] = copy.deepcopy(self._evaluated().state_dict())


def standardised(dialogues: Dialogues, model: ConversationModel) -> Dialogues:
    """The dialogues with features standardised once, by the model's own statistics."""
    return replace(dialogues, x=model.standardise(dialogues.x, dialogues.mask))


def split_parameters(model: ConversationModel) -> tuple[list[Parameter], list[Parameter]]:
    """Parameters of everything else, and of the discriminators."""
    game = model.discriminator_parameters()
    ids = {id(p) for p in game}
    return [p for p in model.parameters() if id(p) not in ids], game


def mean_terms(steps: list[dict[str, Tensor]]) -> dict[str, float]:
    """Mean of each term over the steps that have it; NaN is a step without."""
    names = dict.fromkeys(name for step in steps for name in step)
    return {
        name: float(torch.stack([s[name].float() for s in steps if name in s]).nanmean())
        for name in names
    }
