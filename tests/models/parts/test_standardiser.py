"""Mean and scale of a split are counted a block at a time, as exactly as of the whole."""

import numpy as np
import pytest
import torch

from ariigcn.models.parts import encoders
from ariigcn.models.parts.encoders import Spread, Standardiser, scaled


def fitted(x, mask=None):
    standardise = Standardiser({"audio": x.shape[1]})
    mask = torch.ones(len(x), 1, dtype=torch.bool) if mask is None else mask
    standardise.fit({"audio": x}, mask, torch.arange(len(x)))
    return standardise.mean_audio, standardise.scale_audio


def hard_rows(count=1000):
    """Features far from zero beside their spread, and of very different size; float32."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, 4, generator=generator, dtype=torch.float64)
    return (x * torch.tensor([1e-2, 1.0, 1e3, 1e-20]) + torch.tensor([1e4, 0, -1e3, 0])).float()


@pytest.mark.parametrize("block", [1, 7, 333])
def test_blocks_give_the_mean_and_scale_of_the_whole(monkeypatch, block):
    x = hard_rows()
    monkeypatch.setattr(encoders, "COUNTED", block)
    mean, scale = fitted(x)
    exact = x.double().numpy()
    assert np.allclose(mean, exact.mean(0), rtol=2e-7, atol=1e-30)
    assert np.allclose(scale[1:3], exact.std(0)[1:3], rtol=2e-7)


def test_a_spread_of_many_blocks_is_exact_where_sums_of_squares_are_not():
    x = hard_rows().double()
    x[:, 0] += 1e9
    whole, blocks = Spread.of(x), [Spread.of(part) for part in x.split(17)]
    joined = blocks[0]
    for block in blocks[1:]:
        joined = joined + block
    assert joined.count == len(x)
    assert torch.allclose(joined.mean, whole.mean, rtol=1e-14)
    assert torch.allclose(joined.variance, whole.variance, rtol=1e-9)
    assert torch.equal(joined.largest, x.abs().amax(0))
    naive = x.square().mean(0) - x.mean(0).square()
    assert not torch.allclose(naive, whole.variance, rtol=1e-2)


def test_one_block_has_the_bits_of_the_plain_formula():
    x = hard_rows(50)
    mean, scale = fitted(x)
    assert torch.equal(mean, x.double().mean(0).float())
    assert torch.equal(scale[1:3], x.double().std(0, correction=0)[1:3].float())


@pytest.mark.parametrize("block", [3, 100])
def test_rows_without_evidence_count_nowhere_and_a_constant_is_silenced(monkeypatch, block):
    monkeypatch.setattr(encoders, "COUNTED", block)
    x = hard_rows(50)
    x[:, 1] = 7.0
    mask = torch.arange(50).unsqueeze(1) % 5 > 0
    found = fitted(torch.where(mask, x, 1e6), mask)
    due = fitted(x[mask[:, 0]])
    for own, expected in zip(found, due, strict=True):
        assert torch.allclose(own, expected, rtol=1e-6)
    assert torch.isinf(found[1][1])
    assert not scaled(x, *found, mask)[:, 1].any()
    nothing = fitted(x, torch.zeros(50, 1, dtype=torch.bool))
    assert not nothing[0].any() and (nothing[1] == 1).all()


def test_what_is_standardised_stays_as_it_was():
    x = hard_rows(20).double()
    before = x.clone()
    scaled(x, torch.ones(4), torch.ones(4), torch.ones(20, 1, dtype=torch.bool))
    assert torch.equal(x, before)
