"""Dropout keeps the mean and drops the share it says; maps and norms are one a modality."""

import pytest
import torch

from ariigcn.models.parts.layers import Dropout, ModalityLinear, ModalityNorm, replaced


def test_drops_its_share_and_keeps_the_mean():
    torch.manual_seed(0)
    x = torch.ones(3, 1001, 97)
    y = Dropout(0.3)(x)
    dropped = (y == 0).float()
    assert abs(dropped.mean() - 77 / 256) < 0.002  # a 256th more is another share
    assert (dropped.mean(dim=(0, 1)) - 77 / 256).abs().max() < 0.04  # no column is favoured
    assert abs(y.mean() - 1) < 0.01
    assert y.unique().numel() == 2


def test_a_byte_of_a_random_number_decides_each_activation():
    x = torch.randn(3, 7, 5)
    torch.manual_seed(0)
    y = Dropout(0.3)(x)
    torch.manual_seed(0)
    numbers = torch.empty(14, dtype=torch.int64).random_(-(2**63), 2**63 - 1)
    kept = numbers.view(torch.uint8)[: x.numel()].view(x.shape) >= 77
    assert torch.equal(y, torch.where(kept, x * (256 / 179), 0.0))


def test_what_is_missing_is_replaced_to_the_bit_with_the_gradients_of_a_choice():
    torch.manual_seed(0)
    x, substitute = (torch.randn(3, n, 4, requires_grad=True) for n in (5, 1))
    there = torch.rand(5, 3) < 0.6
    assert there.any()
    assert not there.all()
    chosen = torch.where(there.T.unsqueeze(-1), x, substitute)
    found = replaced(x, there, substitute)
    assert torch.equal(found, chosen)
    weight = torch.randn_like(chosen)
    expected = torch.autograd.grad(chosen, (x, substitute), weight)
    for own, due in zip(torch.autograd.grad(found, (x, substitute), weight), expected, strict=True):
        assert torch.equal(own, due)


def test_gradients_pass_where_activations_did():
    x = torch.ones(50, 3, requires_grad=True)
    y = Dropout(0.5)(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())
    assert 0 < x.grad.count_nonzero() < x.numel()


def test_evaluation_and_a_share_of_nothing_change_nothing():
    x = torch.randn(4, 5)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_on_other_devices_it_is_torchs_own_of_the_same_share(monkeypatch):
    given = []

    def noted(x, share):
        given.append(share)
        return x

    monkeypatch.setattr(torch.nn.functional, "dropout", noted)
    Dropout(0.3)(torch.ones(2, device="meta"))
    assert given == [77 / 256]


@pytest.mark.parametrize("share", [0.999, 1.0, -0.1])
def test_a_share_that_leaves_nothing_is_refused(share):
    with pytest.raises(ValueError, match="must be below"):
        Dropout(share)


def test_a_modality_has_an_affine_map_and_a_norm_of_its_own():
    torch.manual_seed(0)
    x = torch.randn(3, 5, 4)
    linear, norm = ModalityLinear(3, 4, 6), ModalityNorm(3, 6)
    torch.nn.init.normal_(norm.scale)
    torch.nn.init.normal_(norm.shift)
    y = linear(x)
    for m in range(3):
        expected = x[m] @ linear.weight[m] + linear.bias[m]
        assert torch.allclose(y[m], expected, atol=1e-6)
        normed = torch.nn.functional.layer_norm(y[m], (6,), norm.scale[m, 0], norm.shift[m, 0])
        assert torch.allclose(norm(y)[m], normed, atol=1e-6)


def test_weights_start_as_those_of_torchs_linear_layer():
    torch.manual_seed(0)
    ours, theirs = ModalityLinear(2, 16, 4000), torch.nn.Linear(16, 4000)
    for own, other in ((ours.weight, theirs.weight), (ours.bias, theirs.bias)):
        assert own.abs().max().item() == pytest.approx(0.25, rel=0.01)
        assert own.std().item() == pytest.approx(other.std().item(), rel=0.05)
