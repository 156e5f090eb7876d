"""The games' losses equal their equations; masked nodes and frozen players take no part."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import softplus

from ariigcn.models.config import DiscriminatorConfig
from ariigcn.models.parts.adversarial import Discriminators
from ariigcn.models.parts.games import discriminator_loss, generator_loss, judge
from ariigcn.training.diagnostics import mean_terms

GAMES = ["classic", "hinge", "relativistic"]


def judged(modalities=3, nodes=11):
    torch.manual_seed(1)
    logits = torch.randn(modalities, modalities, nodes)
    mask = torch.rand(nodes, modalities) > 0.3
    return logits, mask


def test_losses_equal_their_equations():
    logits, mask = judged()
    one, zero = torch.tensor(1.0), torch.tensor(0.0)
    expected_d = expected_g = 0.0
    for d in range(3):
        for m in range(3):
            says = logits[d, m][mask[:, m]]
            expected_d += bce(says, (one if d == m else zero).expand_as(says))
            if d != m:
                expected_g += bce(says, one.expand_as(says))
    assert discriminator_loss(logits, mask).loss.item() == pytest.approx(float(expected_d), 1e-5)
    assert generator_loss(logits, mask).item() == pytest.approx(float(expected_g), 1e-5)


@pytest.mark.parametrize("game", ["hinge", "relativistic"])
def test_later_games_equal_their_equations(game):
    logits, mask = judged()
    expected_d = expected_g = torch.tensor(0.0)
    for d in range(3):
        for m in range(3):
            if game == "hinge":
                says = logits[d, m][mask[:, m]]
                expected_d = expected_d + torch.relu(1 - says if d == m else 1 + says).mean()
                expected_g = expected_g - (says.mean() if d != m else 0)
            elif d != m:
                both = mask[:, d] & mask[:, m]
                more = logits[d, d][both] - logits[d, m][both]
                expected_d = expected_d + softplus(-more).mean()
                expected_g = expected_g + softplus(more).mean()
    found = discriminator_loss(logits, mask, DiscriminatorConfig(game=game)).loss
    assert found.item() == pytest.approx(expected_d.item(), 1e-5)
    assert generator_loss(logits, mask, game).item() == pytest.approx(expected_g.item(), 1e-5)


@pytest.mark.parametrize("game", GAMES)
def test_masked_nodes_take_no_part(game):
    logits, mask = judged()
    config = DiscriminatorConfig(game=game)
    changed = logits.masked_fill(~mask.T[None], 99.0)
    assert generator_loss(changed, mask, game).item() == generator_loss(logits, mask, game).item()
    before, after = (discriminator_loss(x, mask, config) for x in (logits, changed))
    assert before.loss == after.loss
    assert torch.equal(before.accuracy, after.accuracy)
    nobody = torch.zeros_like(mask)
    assert generator_loss(logits, nobody, game).item() == 0


@pytest.mark.parametrize("game", GAMES)
def test_who_is_right_has_little_to_lose_and_the_generators_much(game):
    mask = torch.ones(50, 3, dtype=torch.bool)
    right = (torch.eye(3)[:, :, None] * 10 - 5).expand(3, 3, 50)
    config = DiscriminatorConfig(game=game)
    report = discriminator_loss(right, mask, config)
    assert torch.equal(report.accuracy, torch.ones(3))
    assert report.loss < 0.1 < discriminator_loss(-right, mask, config).loss
    assert generator_loss(right, mask, game) > 10 > generator_loss(-right, mask, game)


def test_relative_judgements_ignore_what_a_discriminator_says_of_everyone():
    logits, mask = judged()
    moved = logits + torch.tensor([5.0, -3.0, 1.0])[:, None, None]
    config = DiscriminatorConfig(game="relativistic")
    before, after = (discriminator_loss(x, mask, config) for x in (logits, moved))
    assert before.loss.item() == pytest.approx(after.loss.item(), 1e-5)
    assert torch.equal(before.accuracy, after.accuracy)


def test_accuracy_is_one_when_modalities_are_told_apart_and_half_when_not():
    mask = torch.ones(50, 3, dtype=torch.bool)
    apart = (torch.eye(3)[:, :, None] * 10 - 5).expand(3, 3, 50)
    assert torch.allclose(discriminator_loss(apart, mask).accuracy, torch.ones(3))
    always_yes = torch.ones(3, 3, 50)
    assert torch.allclose(discriminator_loss(always_yes, mask).accuracy, torch.full((3,), 0.5))


def test_gradient_penalty_equals_its_equation_and_reaches_the_discriminators():
    torch.manual_seed(0)
    judges, z = Discriminators(2, 8), torch.randn(2, 5, 8)
    mask = torch.ones(5, 2, dtype=torch.bool)
    mask[3:, 1] = False
    expected = 0.0
    for m in range(2):
        usable = z[m, mask[:, m]]
        slopes = torch.autograd.functional.jacobian(
            lambda own, m=m: judges(own.expand(2, -1, -1))[m, m].sum(), usable
        )
        expected += float(0.5 * slopes.square().sum(1).mean())
    plain = judge(judges, z, mask, DiscriminatorConfig())
    held = judge(judges, z, mask, DiscriminatorConfig(gradient_penalty=3.0))
    assert (held.loss - plain.loss).item() == pytest.approx(3 * expected, rel=1e-4)
    (gradient,) = torch.autograd.grad(held.loss - plain.loss, judges.first.weight)
    assert gradient.abs().sum() > 0


def test_label_smoothing_moves_the_real_side_alone():
    logits, mask = judged()
    smooth = discriminator_loss(logits, mask, DiscriminatorConfig(label_smoothing=0.1)).loss
    own = torch.stack([logits[m, m][mask[:, m]].mean() for m in range(3)]).sum()
    # BCE is linear in its target: moving it from 1 to .9 adds .1 of the logit.
    assert (smooth - discriminator_loss(logits, mask).loss).item() == pytest.approx(
        0.1 * own.item(), rel=1e-4
    )


def test_a_modality_that_is_absent_hides_no_collapse():
    mask = torch.ones(50, 3, dtype=torch.bool)
    mask[:, 1] = False
    apart = (torch.eye(3)[:, :, None] * 10 - 5).expand(3, 3, 50)
    accuracy = discriminator_loss(apart, mask).accuracy
    assert accuracy[0] == accuracy[2] == 1.0
    assert accuracy[1].isnan()


def test_an_epochs_mean_is_over_the_batches_in_which_a_modality_is_there():
    steps = [{"d": torch.tensor(value)} for value in (1.0, float("nan"), 0.5)]
    assert mean_terms(steps) == {"d": 0.75}
