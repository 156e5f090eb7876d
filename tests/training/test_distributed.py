"""Ranks that share a run's batches end where one process ends."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import distributed, multiprocessing

from ariigcn.core.signals import StoppedError
from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.models.config import AlignmentConfig, DiscriminatorConfig, LossConfig, ModelConfig
from ariigcn.training.checkpoint import load_checkpoint, save_checkpoint
from ariigcn.training.config import TrainingConfig
from ariigcn.training.loop import Trainer
from ariigcn.training.parallel import deal
from ariigcn.training.run import Run, train
from ariigcn.training.step import Step
from tests.synthetic_corpus import LABELS, SIZES, make_toy
from tests.training.test_run import TRAINING, inputs, make_files, make_run, outcome

__all__ = ["inputs"]
# Nine training dialogues: by fours, the last batch has fewer dialogues than there are ranks.
LENGTHS = [4, 1, 33, 9, 2, 17, 6, 3, 12, 5, 8, 7, 3, 6, 4]
CASES = [
    ("hinge", torch.float64),
    ("infonce", torch.float64),
    ("supcon", torch.float64),
    ("hinge", torch.float32),
    ("prototypes", torch.float64),  # and the alignment of a shared part in closed form
    ("memory", torch.float64),  # and the relativistic game, with a generator for each pair
]


def trained(form: str, dtype: torch.dtype, folder: Path, **bound: int) -> dict[str, Any]:
    """Two epochs with every term on: history, weights, probabilities."""
    torch.set_default_dtype(dtype)
    torch.set_num_threads(1)
    dialogues = make_toy(LENGTHS)
    # The longest dialogue fills a rank, which then has no labelled utterance.
    dialogues.label[dialogues.rows(torch.tensor([2]))] = -1
    torch.manual_seed(0)
    losses = LossConfig(label_smoothing=0.1, warmup_epochs=2, **bound)
    alignment, game = AlignmentConfig(), "classic"
    if form == "memory":
        losses = losses.model_copy(update={"iccl_with": form, "memory": 8})
        alignment, game = AlignmentConfig(stand_in="generated"), "relativistic"
    elif form == "prototypes":
        more = {
            "iccl_with": form,
            "orthogonality": 0.1,
            "prototype_margin": 0.2,
            "weighting": "uncertainty",
        }
        losses = losses.model_copy(update=more)
        alignment = AlignmentConfig(shared=4, by="closed-form", stand_in="others")
    else:
        losses = losses.model_copy(update={"form": form})
    discriminator = DiscriminatorConfig(
        game=game, gradient_penalty=1.0, spectral_norm=form == "supcon"
    )
    config = ModelConfig(
        **{"hidden": 8, "projection": 4, "dropout": 0, "input_dropout": 0},
        losses=losses, discriminator=discriminator, alignment=alignment,
    )  # fmt: skip
    model = ARIIGCN(SIZES, len(LABELS), len(dialogues.graph.relations), config)
    model.class_weights.copy_(torch.tensor([0.5, 1.0, 2.0]))
    # By utterances, the longest dialogue is a batch of its own, of which one rank has nothing.
    size = {"batch_utterances": 20} if form == "supcon" else {"batch_dialogues": 4}
    training = TrainingConfig(epochs=2, warmup_epochs=0, discriminator_steps=2, **size)
    trainer = Trainer(model, dialogues, training, 0, torch.device("cpu"))
    exact = {m: x.to(dtype) for m, x in trainer.dialogues.x.items()}
    trainer.network.dialogues = trainer.dialogues = replace(trainer.dialogues, x=exact)
    trainer.fit(folder / "checkpoints", "run")
    weights = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    probabilities = trainer.predict(trainer.selected_model())
    return {"history": trainer.history, "weights": weights, "probabilities": probabilities}


def train_as_rank(rank: int, folder: Path) -> None:
    store = f"file://{folder / 'meeting'}"
    distributed.init_process_group("gloo", store, rank=rank, world_size=2)
    for form, dtype in CASES:
        result = trained(form, dtype, folder)
        save_checkpoint(folder / f"{form}-{dtype}-{rank}", 1, "test", result)
    sampled = trained("supcon", torch.float64, folder, pairs=1000)
    save_checkpoint(folder / f"sampled-{rank}", 1, "test", sampled)
    torch.set_default_dtype(torch.float32)
    run = run_on_two(folder)
    train(run, make_files(folder / "whole"))
    with asked_to_stop(rank == 1), pytest.raises(StoppedError) as stopped:
        train(run, make_files(folder / "stopped"))
    assert ("SIGTERM" if rank else "by another process; epoch 2 is kept") in str(stopped.value)
    distributed.barrier()
    train(run, make_files(folder / "stopped"))
    streamed = run.training.model_copy(update={"features_mb": 0.0})
    train(replace(run, training=streamed), make_files(folder / "streamed"))
    distributed.destroy_process_group()


def run_on_two(folder: Path, checkpoint_s: float = 1e9) -> Run:
    """With dropout, which each rank draws for itself, and a sample of the pairs, which is the same on
    both. Its inputs are those of the fixture.
    """
    stores = {name: folder / f"{name}.h5" for name in ("text", "audio", "video")}
    training = TRAINING.model_copy(update={"processes": 2, "checkpoint_s": checkpoint_s})
    run = make_run((folder / "graph.h5", stores), training=training)
    return replace(run, model=run.model.model_copy(update={"losses": LossConfig(pairs=100)}))


@contextmanager
def asked_to_stop(here: bool) -> Iterator[None]:
    """A signal that reaches this rank alone, in the second epoch."""
    step = Step.__call__

    def with_signal(self: Step, dialogues: torch.Tensor, epoch: int) -> dict[str, torch.Tensor]:
        if here and epoch == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(self, dialogues, epoch)

    with patch.object(Step, "__call__", with_signal):
        yield


def test_two_ranks_have_the_losses_and_weights_of_one_and_resume(inputs, tmp_path):
    ranks = multiprocessing.spawn(train_as_rank, (tmp_path,), nprocs=2, join=False)
    try:
        alone = {(form, dtype): trained(form, dtype, tmp_path / "alone") for form, dtype in CASES}
    finally:
        torch.set_default_dtype(torch.float32)
    while not ranks.join():
        pass
    for (form, dtype), expected in alone.items():
        # Adam makes a whole step of a gradient that is rounding: weights agree in doubles alone.
        bound = 1e-9 if dtype == torch.float64 else 1e-5
        for rank in range(2):
            found = load_checkpoint(tmp_path / f"{form}-{dtype}-{rank}", "test")
            for here, there in zip(found["history"], expected["history"], strict=True):
                terms = {"loss", "loss_cls", "loss_imcl", "loss_iccl", "loss_adv"}
                terms.add("loss_orthogonality" if form == "prototypes" else "loss_disc")
                assert terms < set(there)
                same = {n: pytest.approx(x, abs=bound) for n, x in there.items() if n != "seconds"}
                assert {n: x for n, x in here.items() if n != "seconds"} == same
            if dtype == torch.float64:
                torch.testing.assert_close(
                    found["weights"], expected["weights"], rtol=0, atol=bound
                )
                torch.testing.assert_close(
                    found["probabilities"], expected["probabilities"], rtol=0, atol=bound
                )
    first, second = (load_checkpoint(tmp_path / f"sampled-{rank}", "test") for rank in range(2))
    everything = alone["supcon", torch.float64]["history"]
    for here, there, exact in zip(first["history"], second["history"], everything, strict=True):
        assert here["loss_imcl"] == pytest.approx(there["loss_imcl"], abs=1e-9)
        assert here["loss_imcl"] != pytest.approx(exact["loss_imcl"], abs=1e-6)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")
    assert outcome(tmp_path / "streamed") == outcome(tmp_path / "whole")


def test_dialogues_are_dealt_by_length():
    lengths = torch.tensor([4, 1, 33, 9, 2, 17])
    assert [share.tolist() for share in deal(lengths, 2)] == [[2], [0, 1, 3, 4, 5]]
    assert [share.tolist() for share in deal(torch.tensor([5, 5]), 3)] == [[0], [1], []]
