"""Weights that find themselves: the sum is its equation, bounded, and it learns."""

import pytest
import torch

from ariigcn.models.parts.weighting import BOUND, TERMS, UncertaintyWeights


def test_it_starts_as_the_fixed_weights_and_is_its_equation():
    weighting = UncertaintyWeights()
    terms = {"loss_cls": torch.tensor(2.0), "loss_adv": torch.tensor(3.0)}
    assert weighting(terms, {"loss_adv": 0.1}).item() == pytest.approx(2.3)
    with torch.no_grad():
        weighting.log_variance[TERMS.index("loss_adv")] = 1.0
    s = BOUND * torch.tanh(torch.tensor(1 / BOUND))
    due = 2 + 0.1 * (torch.exp(-s) * 3 + s)
    assert weighting(terms, {"loss_adv": 0.1}).item() == pytest.approx(due.item())


def test_large_terms_lose_weight_small_ones_gain_it_and_neither_without_end():
    weighting = UncertaintyWeights()
    terms = {"loss_cls": torch.tensor(50.0), "loss_iccl": torch.tensor(0.0)}
    optimiser = torch.optim.Adam(weighting.parameters(), 0.1)
    for _ in range(500):
        optimiser.zero_grad()
        weighting(terms, {}).backward()
        optimiser.step()
    large, small = (weighting.log_variance[TERMS.index(name)] for name in terms)
    assert large > 1 > -1 > small
    factor = torch.exp(-BOUND * torch.tanh(small / BOUND))
    assert 1 < factor < torch.exp(torch.tensor(BOUND))
