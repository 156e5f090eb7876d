"""The training loop: epochs of steps, each judged on validation, a checkpoint between them.

Each idea has a module beside this one: which dialogues share a step (``batches``), the step with its
game (``step``), what changes with the epoch (``schedule``), the moving average of weights
(``average``), what an epoch's row of the history tells (``diagnostics``), which epoch is used
(``selection``), what a checkpoint holds (``state``).
"""

import logging
import time
from collections.abc import Mapping
from contextlib import nullcontext
from math import isnan
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from ariigcn.core.files import exclusive
from ariigcn.core.logs import progress
from ariigcn.core.signals import GRACE_S, StopRequest
from ariigcn.graphs.dialogues import Dialogues
from ariigcn.models.base import ConversationModel
from ariigcn.training.average import MovingAverage
from ariigcn.training.batches import epoch_batches
from ariigcn.training.checkpoint import load_checkpoint, save_checkpoint
from ariigcn.training.config import TrainingConfig
from ariigcn.training.curriculum import curriculum_share, easiest
from ariigcn.training.diagnostics import check_finite, mean_terms, modality_gap, validate
from ariigcn.training.distributed import Ranks
from ariigcn.training.parallel import ParallelModel
from ariigcn.training.predict import predict, standardised
from ariigcn.training.schedule import scheduler
from ariigcn.training.selection import Selection
from ariigcn.training.state import Part, RandomState, collect, restore
from ariigcn.training.step import Step

logger = logging.getLogger(__name__)


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
        self.config, self.seed = config, seed
        self.model = model.to(device)
        ready = standardised(dialogues.to(device), self.model)
        self.dialogues = ready.held(config.features_mb)
        self.ranks = Ranks()
        self.network = ParallelModel(self.model, self.dialogues, self.ranks)
        self.step = Step(self.network, config)
        self.schedulers = [scheduler(o, config) for o in self.step.optimisers]
        self.average = MovingAverage(self.model, config.average) if config.average else None
        self.selection = Selection(self._judged, config)
        self.random = RandomState(device)
        self.history: list[dict[str, float]] = []

    def fit(self, checkpoints: Path, run: str) -> None:
        """Train to the end, from the last checkpoint of the same run where there is one.

        Asked to stop, it finishes an epoch that ends within ``GRACE_S`` and drops a longer one,
        since an epoch longer than that has its predecessor's checkpoint on disk.

        Args:
            checkpoints: folder of the run's checkpoints.
            run: digest of everything that decides the run.

        Raises:
            DivergedError: the loss is not finite.
            StoppedError: SIGTERM or SIGUSR1 came; the last checkpoint is kept.
        """
        # Two commands that share a results folder take turns; the second finds what the first left.
        with exclusive(checkpoints) if self.ranks.is_first else nullcontext():
            self._resume(checkpoints, run)
            self._fit(checkpoints, run)
        epoch = self.selection.epoch
        logger.info(
            "seed %d: selected epoch %d of %d, %s",
            *(self.seed, epoch, len(self.history), _told(self.history[epoch - 1])),
        )

    def _fit(self, checkpoints: Path, run: str) -> None:
        saved = time.monotonic()
        total, done = self.config.epochs, len(self.history)
        with (
            progress(f"seed {self.seed}: epoch", total, done) as counter,
            StopRequest(self.ranks.any) as stop,
        ):
            while len(self.history) < total and not self.selection.is_final:
                row = self._epoch(stop)
                self.history.append(row)
                self.selection.judge(len(self.history), row["validation_weighted_f1"])
                waited = time.monotonic() - saved
                due = waited >= self.config.checkpoint_s or row["seconds"] >= GRACE_S
                if (stop or due) and self.ranks.is_first:
                    save_checkpoint(checkpoints, len(self.history), run, self._state())
                    saved = time.monotonic()
                counter.advance(note=_told(row))
                stop.check(f"epoch {len(self.history)} is kept")

    def _epoch(self, stop: StopRequest) -> dict[str, float]:
        """One pass over the training dialogues and its validation; gives its row of the history."""
        started = time.perf_counter()
        epoch = len(self.history) + 1
        share = curriculum_share(epoch, self.config.curriculum_epochs)
        training = easiest(self.dialogues, self.dialogues.of_split("train"), share)
        lengths = self.dialogues.dialogue_ptr.diff()
        parts = epoch_batches(training, lengths, self.config, self.seed, epoch)
        terms = []
        self.ranks.seed_epoch(self.seed, epoch)
        self.model.train()
        for part in parts:
            stop.check(f"epoch {epoch} is dropped, the one before is kept", GRACE_S)
            terms.append(self.step(part, epoch))
            if self.average is not None:
                self.average.update(self.model, epoch <= self.config.warmup_epochs)
        check_finite(self.dialogues, parts, terms, epoch)
        for each in self.schedulers:
            each.step()
        judged = self._judged.eval()
        return {
            "epoch": float(epoch),
            **mean_terms(terms),
            **validate(judged, self.dialogues, self.network.apply),
            **modality_gap(judged, self.dialogues),
            "seconds": time.perf_counter() - started,
        }

    @property
    def _judged(self) -> ConversationModel:
        """The model that validation judges: the moving average of weights where one is kept."""
        return (
            self.model if self.average is None else cast("ConversationModel", self.average.module)
        )

    def selected_model(self) -> ConversationModel:
        """The model with the selected epoch's weights, for evaluation."""
        self.model.load_state_dict(self.selection.weights())
        return self.model.eval()

    def predict(self, model: ConversationModel, dialogues: Tensor | None = None) -> Tensor:
        """Class probabilities of the utterances of some (default: all) dialogues, [N, C], on the CPU."""
        return predict(model, self.dialogues, dialogues, self.network.apply)

    def _parts(self) -> dict[str, Part]:
        """Everything that decides what comes next, beside the history."""
        parts: dict[str, Part] = {"model": self.model, "random": self.random}
        if self.average is not None:
            parts["average"] = self.average
        for number, pair in enumerate(zip(self.step.optimisers, self.schedulers, strict=True)):
            parts[f"optimiser {number}"], parts[f"scheduler {number}"] = pair
        parts["selection"] = self.selection  # last: it may take the weights of a restored model
        return parts

    def _state(self) -> dict[str, object]:
        return {"history": self.history, **collect(self._parts())}

    def _resume(self, checkpoints: Path, run: str) -> None:
        """Continue where the last checkpoint of the same run was written."""
        state = load_checkpoint(checkpoints, run)
        if state is not None:
            self.history = state["history"]
            restore(self._parts(), state)
        self.ranks.check_same(len(self.history))


def _told(row: Mapping[str, float]) -> str:
    """An epoch's score in words, for the log."""
    score = row["validation_weighted_f1"]
    return "no validation" if isnan(score) else f"validation F1 {100 * score:.1f}"
