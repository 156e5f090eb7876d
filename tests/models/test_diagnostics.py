"""The probe and the discrepancy tell modalities that differ from ones that do not."""

import math

import pytest
import torch

from ariigcn.models.diagnostics import mean_discrepancy, modality_probe

MASK = torch.ones(400, 3, dtype=torch.bool)


def representations(distance):
    torch.manual_seed(0)
    x = torch.randn(3, 400, 16)
    return x + distance * torch.eye(16)[:3].unsqueeze(1)


def test_apart_the_probe_is_right_and_the_discrepancy_large():
    assert modality_probe(representations(8.0), MASK) > 0.99
    assert mean_discrepancy(representations(8.0), MASK) > 0.3


def test_alike_the_probe_guesses_and_the_discrepancy_is_small():
    assert modality_probe(representations(0.0), MASK) == pytest.approx(1 / 3, abs=0.08)
    assert mean_discrepancy(representations(0.0), MASK) < 0.02


def test_masked_nodes_are_not_looked_at():
    x, mask = representations(0.0), MASK.clone()
    mask[200:, 0] = False
    before = modality_probe(x, mask), mean_discrepancy(x, mask)
    x[0, 200:] = 1e6
    assert (modality_probe(x, mask), mean_discrepancy(x, mask)) == before


def test_one_modality_or_none_has_nothing_to_compare():
    assert math.isnan(modality_probe(representations(0.0)[:1], MASK[:, :1]))
    assert math.isnan(mean_discrepancy(representations(0.0), torch.zeros(400, 3, dtype=torch.bool)))
