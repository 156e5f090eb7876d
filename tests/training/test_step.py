"""A step moves what it should: each optimiser its own weights, and all of those that have a part."""

import copy

import pytest
import torch

from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.models.config import LossConfig, ModelConfig
from ariigcn.training.config import TrainingConfig
from ariigcn.training.distributed import Ranks
from ariigcn.training.parallel import ParallelModel
from ariigcn.training.step import Step, split_parameters
from tests.synthetic_corpus import LABELS, SIZES, make_toy

DIALOGUES = torch.tensor([0, 1, 3])


def make_step(adversarial=0.1, **training):
    torch.manual_seed(0)
    dialogues = make_toy([4, 7, 3, 9])
    losses = LossConfig(adversarial=adversarial, warmup_epochs=0)
    config = ModelConfig(
        **{"hidden": 8, "projection": 4, "dropout": 0, "input_dropout": 0}, losses=losses
    )
    model = ARIIGCN(SIZES, len(LABELS), len(dialogues.graph.relations), config).train()
    config = TrainingConfig(weight_decay=0, **training)
    return Step(ParallelModel(model, dialogues, Ranks()), config)


def moved(step, *, epoch=1):
    """Names of the weights that a step changes."""
    before = copy.deepcopy(dict(step.model.named_parameters()))
    step(DIALOGUES, epoch)
    return {n for n, p in step.model.named_parameters() if not torch.equal(p, before[n])}


def test_a_step_moves_every_weight_of_the_model_and_of_its_discriminators():
    step = make_step()
    assert moved(step) == {name for name, _ in step.model.named_parameters()}


def test_each_discriminator_step_of_bf16_reads_the_weights_of_the_one_before():
    step = make_step(discriminator_steps=3, discriminator_learning_rate=0.1, precision="bf16")
    layer, apart = step.model.discriminators.second, []

    def watch(module, given, found):
        with torch.autocast("cpu", enabled=False):
            x, weight, bias = (t.detach().bfloat16() for t in (*given, layer.weight, layer.bias))
            apart.append((found.detach() - torch.baddbmm(bias, x, weight)).abs().max().item())

    layer.register_forward_hook(watch)
    step(DIALOGUES, 1)
    assert len(apart) >= 3 and max(apart) < 0.01


def test_without_a_game_the_discriminators_stay_and_have_no_optimiser():
    step = make_step(adversarial=0)
    assert len(step.optimisers) == 1
    still = {n for n, _ in step.model.named_parameters() if n.startswith("discriminators.")}
    assert moved(step) == {n for n, _ in step.model.named_parameters()} - still


@pytest.mark.parametrize(
    ("frozen", "prefix"),
    [("learning_rate", ""), ("discriminator_learning_rate", "discriminators.")],
)
def test_each_optimiser_steps_its_own_weights_alone(frozen, prefix):
    step = make_step()
    which = step.optimiser if frozen == "learning_rate" else step.game_optimiser
    for group in which.param_groups:
        group["lr"] = 0.0
    names = moved(step)
    game = {n for n, _ in step.model.named_parameters() if n.startswith("discriminators.")}
    assert names == (game if not prefix else {n for n, _ in step.model.named_parameters()} - game)


def test_the_split_is_a_partition():
    model = make_step().model
    own, game = split_parameters(model)
    assert game
    assert sorted(map(id, [*own, *game])) == sorted(id(p) for p in model.parameters())


def test_each_discriminator_step_is_a_step_and_the_report_is_the_first():
    """Three steps lower L_D further than one; what is told is L_D before any."""
    found = {}
    for count in (1, 3):
        step = make_step(discriminator_steps=count, discriminator_learning_rate=1e-2)
        told = step(DIALOGUES, 1)["loss_disc"]
        after = step.network.discriminator_report(step.network.forward(DIALOGUES)[0]).loss
        found[count] = (float(told), float(after.detach()))
    assert found[1][0] == found[3][0]
    assert found[3][1] < found[1][1] < found[1][0]


def test_the_gradient_is_clipped_and_its_norm_told_as_it_was():
    step = make_step(clip_norm=1e-3)
    norm = float(step(DIALOGUES, 1)["gradient_norm"])
    own, _ = split_parameters(step.model)
    clipped = torch.stack([p.grad.norm() for p in own]).norm()
    assert norm > 0.1
    assert float(clipped) == pytest.approx(1e-3, rel=1e-2)


def test_the_loss_is_its_terms_by_their_weights():
    step = make_step(adversarial=0.5)
    terms = step(DIALOGUES, 1)
    rest = terms["loss"] - 0.5 * terms["loss_adv"]
    weights = step.model.config.losses
    expected = (
        terms["loss_cls"]
        + weights.intra_inter_modal * terms["loss_imcl"]
        + weights.intra_inter_class * terms["loss_iccl"]
    )
    assert float(rest) == pytest.approx(float(expected), rel=1e-5)
