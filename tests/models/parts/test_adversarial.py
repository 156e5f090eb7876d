"""Generators are residual MLPs with a shared part; discriminators judge every modality."""

import torch

from ariigcn.models.config import AlignmentConfig
from ariigcn.models.parts.adversarial import Discriminators, Generators


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
