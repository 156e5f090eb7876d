"""The game's losses equal their equations; masked nodes and frozen players take no part."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from ariigcn.models.config import AlignmentConfig, DiscriminatorConfig
from ariigcn.models.parts.adversarial import (
    Discriminators,
    Generators,
    discriminator_loss,
    generator_loss,
    judge,
)
from ariigcn.training.diagnostics import mean_terms


def test_a_generator_is_a_residual_mlp_of_its_modality():
    torch.manual_seed(0)
    generators, h = Generators(3, 8, 0.0, AlignmentConfig()), torch.randn(3, 5, 8)
    z = generators(h, torch.ones(5, 3, dtype=torch.bool))
    first, second = generators.first, generators.second
    for m in range(3):
        inner = torch.nn.functional.gelu(h[m] @ first.weight[m] + first.bias[m])
        total = h[m] + inner @ second.weight[m] + second.bias[m]
        assert torch.allclose(z[m], torch.nn.functional.layer_norm(total, (8,)), atol=1e-5)


def test_a_shared_part_has_no_scale_of_its_modality_and_leaves_the_private_part_alone():
    torch.manual_seed(0)
    whole = Generators(3, 8, 0.0, AlignmentConfig())
    split = Generators(3, 8, 0.0, AlignmentConfig(shared=4))
    split.load_state_dict(whole.state_dict())
    torch.nn.init.normal_(split.norm.scale)
    whole.load_state_dict(split.state_dict())
    h, mask = torch.randn(3, 5, 8), torch.ones(5, 3, dtype=torch.bool)
    z = split(h, mask)
    assert torch.equal(z[..., 4:], whole(h, mask)[..., 4:])
    assert torch.allclose(z[..., :4].mean(-1), torch.zeros(3, 5), atol=1e-5)
    assert torch.allclose(z[..., :4].std(-1, correction=0), torch.ones(3, 5), atol=1e-3)


def test_the_others_mean_stands_in_for_a_missing_shared_part_and_for_nothing_else():
    torch.manual_seed(0)
    learned = Generators(3, 8, 0.0, AlignmentConfig(shared=4))
    others = Generators(3, 8, 0.0, AlignmentConfig(shared=4, stand_in="others"))
    others.load_state_dict(learned.state_dict())
    h = torch.randn(3, 4, 8)
    mask = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 0]]).bool()
    plain, filled = learned(h, mask), others(h, mask)
    assert torch.equal(plain[..., 4:], filled[..., 4:])
    assert torch.equal(plain[:, [0, 3]], filled[:, [0, 3]]), "all there, or nothing there"
    assert torch.allclose(filled[1, 1, :4], (plain[0, 1, :4] + plain[2, 1, :4]) / 2)
    assert torch.allclose(filled[0, 2, :4], plain[2, 2, :4])
    assert torch.allclose(filled[2, 2], plain[2, 2])


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


def test_masked_nodes_take_no_part():
    logits, mask = judged()
    changed = logits.masked_fill(~mask.T[None], 99.0)
    assert generator_loss(changed, mask).item() == generator_loss(logits, mask).item()
    assert discriminator_loss(changed, mask).loss == discriminator_loss(logits, mask).loss
    nobody = torch.zeros_like(mask)
    assert generator_loss(logits, nobody).item() == 0


def test_accuracy_is_one_when_modalities_are_told_apart_and_half_when_not():
    mask = torch.ones(50, 3, dtype=torch.bool)
    apart = (torch.eye(3)[:, :, None] * 10 - 5).expand(3, 3, 50)
    assert torch.allclose(discriminator_loss(apart, mask).accuracy, torch.ones(3))
    always_yes = torch.ones(3, 3, 50)
    assert torch.allclose(discriminator_loss(always_yes, mask).accuracy, torch.full((3,), 0.5))


def test_every_discriminator_judges_every_modality():
    torch.manual_seed(0)
    judges = Discriminators(3, 8)
    z = torch.randn(3, 5, 8)
    logits = judges(z)
    assert logits.shape == (3, 3, 5)
    alone = Discriminators(1, 8)
    with torch.no_grad():
        for own, other in zip(alone.parameters(), judges.parameters(), strict=True):
            own.copy_(other[1:2])
    assert torch.allclose(alone(z[2:3])[0, 0], logits[1, 2], atol=1e-6)
    inner = torch.nn.functional.leaky_relu(z[2] @ alone.first.weight[0] + alone.first.bias[0], 0.2)
    expected = (inner @ alone.second.weight[0] + alone.second.bias[0])[:, 0]
    assert torch.allclose(logits[1, 2], expected, atol=1e-6)


def test_spectral_norm_makes_each_modality_largest_singular_value_one():
    torch.manual_seed(0)
    judges = Discriminators(3, 16, spectral_norm=True)
    with torch.no_grad():
        judges.first.parametrizations.weight.original.mul_(
            torch.tensor([1.0, 9.0, 0.1])[:, None, None]
        )
    for _ in range(100):
        judges(torch.randn(3, 4, 16))
    largest = torch.linalg.matrix_norm(judges.first.weight, ord=2)
    assert torch.allclose(largest, torch.ones(3), atol=1e-3)
    kept = judges.eval().first.weight
    assert torch.equal(kept, judges.first.weight)


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
    smooth = discriminator_loss(logits, mask, smoothing=0.1).loss
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
