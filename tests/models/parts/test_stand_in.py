"""A missing modality is what the others say of it, and generators of pairs learn to say it."""

import pytest
import torch

from ariigcn.models.parts.stand_in import PairGenerators, mean_of_others

MASK = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 0]]).bool()


def test_untrained_pairs_say_the_mean_of_the_others():
    x = torch.randn(3, 4, 5)
    assert torch.allclose(PairGenerators(3, 5)(x, MASK), mean_of_others(x, MASK))


def test_a_missing_modality_is_the_mean_of_what_the_others_say_and_nothing_else_changes():
    torch.manual_seed(0)
    pairs, x = PairGenerators(3, 5), torch.randn(3, 4, 5)
    torch.nn.init.normal_(pairs.weight)
    torch.nn.init.normal_(pairs.bias)
    filled = pairs(x, MASK)
    assert torch.equal(filled[:, [0, 3]], x[:, [0, 3]]), "all there, or nothing there"
    assert torch.equal(filled[2, :3], x[2, :3])
    said = [x[a, 1] @ pairs.weight[a, 1] + pairs.bias[a, 1, 0] for a in (0, 2)]
    assert torch.allclose(filled[1, 1], (said[0] + said[1]) / 2, atol=1e-6)
    assert torch.allclose(filled[0, 2], x[2, 2] @ pairs.weight[2, 0] + pairs.bias[2, 0, 0])


def test_the_reconstruction_loss_is_its_equation_and_moves_no_target():
    torch.manual_seed(0)
    pairs, x = PairGenerators(3, 5), torch.randn(3, 4, 5)
    torch.nn.init.normal_(pairs.weight)
    errors = [
        (x[a, i] @ pairs.weight[a, b] + pairs.bias[a, b, 0] - x[b, i]).square().mean()
        for a in range(3)
        for b in range(3)
        for i in range(4)
        if a != b and MASK[i, a] and MASK[i, b]
    ]
    assert len(errors) == 8
    loss = pairs.reconstruction_loss(x, MASK)
    assert loss.item() == pytest.approx(sum(errors).item() / 8, rel=1e-5)
    only_first = MASK & torch.tensor([True, False, False])
    assert pairs.reconstruction_loss(x, only_first) == 0


def test_pairs_learn_a_map_between_modalities_that_their_mean_is_not():
    torch.manual_seed(0)
    first = torch.randn(1, 300, 4)
    x = torch.cat([first, first @ torch.linalg.qr(torch.randn(4, 4))[0], -first])
    mask = torch.ones(300, 3, dtype=torch.bool)
    pairs = PairGenerators(3, 4)
    optimiser = torch.optim.Adam(pairs.parameters(), 0.05)
    for _ in range(200):
        optimiser.zero_grad()
        pairs.reconstruction_loss(x, mask).backward()
        optimiser.step()
    hidden = mask.clone()
    hidden[:, 1] = False
    error = (pairs(x, hidden)[1] - x[1]).square().mean()
    assert error < 0.01 < (mean_of_others(x, hidden)[1] - x[1]).square().mean()
