"""A training step on a device that has no values: whatever asked it for one would raise.

What waits for a GPU within a step is what needs a number from it: a size, a count, a branch. Tensors
on torch's ``meta`` device have none, so the same code run there shows that no step asks.
"""

import pytest
import torch

from ariigcn.features.config import Normalisation
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.bundle import BundleHead
from ariigcn.models.config import ModelConfig
from ariigcn.training import step
from ariigcn.training.config import TrainingConfig
from ariigcn.training.loop import Trainer
from tests.synthetic_corpus import LABELS, SIZES, make_toy

NOWHERE = torch.device("meta")


def trainer(monkeypatch, model, **more):
    # torch's fused optimisers know no such device; what they ask of others is not ours.
    monkeypatch.setattr(
        step, "AdamW", lambda *a, **k: torch.optim.AdamW(*a, **k | {"fused": False})
    )
    dialogues = make_toy([3, 1, 7, 5, 2])
    config = ModelConfig.model_validate({"hidden": 8, **model})
    head = BundleHead(
        "toy", LABELS, SIZES, dialogues.graph.relations, GraphConfig(), config, **more
    )
    training = TrainingConfig(average=0.9, discriminator_steps=2)
    return Trainer(head.build(), dialogues, training, 0, NOWHERE)


FORMS = [{"losses": {"form": form}} for form in ("hinge", "infonce", "supcon")]
OPTIONS = [
    {"modality_dropout": 0.5, "losses": {"label_smoothing": 0.1, "class_weight_power": 0.5}},
    {"context": "none", "relation_bases": 0, "discriminator": {"label_smoothing": 0.1}},
    {"context": "qrnn", "hidden": 16},
    {"discriminator": {"gradient_penalty": 1.0, "spectral_norm": True}},
]
BASELINES = [{"name": name} for name in ("mlp", "transformer")]


@pytest.mark.parametrize("model", [*FORMS, *OPTIONS, *BASELINES])
def test_a_step_asks_the_device_for_nothing(monkeypatch, model):
    made = trainer(monkeypatch, model)
    terms = made.step(torch.tensor([2, 0, 1]), epoch=3)
    made.average.update(made.model, warming_up=False)
    assert all(value.device == NOWHERE for value in terms.values())


@pytest.mark.parametrize("over", ["dialogue", "corpus"])
def test_sound_relative_to_its_speaker_is_made_on_the_device(monkeypatch, over):
    how = Normalisation(normalise="beside", normalise_over=over)
    made = trainer(monkeypatch, {}, normalise={"audio": how}, people=("s0", "s1"))
    x = made.dialogues.x["audio"]
    assert (x.device, x.shape[1]) == (NOWHERE, 2 * SIZES["audio"])
    made.step(torch.tensor([2, 0, 1]), epoch=3)


def test_such_a_device_tells_who_asks(monkeypatch):
    terms = trainer(monkeypatch, {}).step(torch.tensor([2, 0]), epoch=3)
    with pytest.raises(RuntimeError, match="meta"):
        float(terms["loss"])
