"""Dropout keeps the mean, drops the share it says, and nothing in evaluation."""

import torch

from ariigcn.models.parts.layers import Dropout


def test_drops_its_share_and_keeps_the_mean():
    torch.manual_seed(0)
    x = torch.ones(3, 1001, 97)
    y = Dropout(0.3)(x)
    dropped = (y == 0).float()
    assert abs(dropped.mean() - 77 / 256) < 0.005
    assert (dropped.mean(dim=(0, 1)) - 77 / 256).abs().max() < 0.04  # no column is favoured
    assert abs(y.mean() - 1) < 0.01
    assert y.unique().numel() == 2


def test_gradients_pass_where_activations_did():
    x = torch.ones(50, 3, requires_grad=True)
    y = Dropout(0.5)(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


def test_evaluation_and_a_share_of_nothing_change_nothing():
    x = torch.randn(4, 5)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x
