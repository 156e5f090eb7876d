"""The probe and the discrepancy tell modalities that differ from ones that do not."""

import math

import pytest
import torch
from sklearn.metrics import silhouette_score

from ariigcn.models.diagnostics import class_separation, mean_discrepancy, modality_probe

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


def clustered(spread):
    torch.manual_seed(0)
    label = torch.arange(90) % 3
    return spread * torch.randn(90, 8) + torch.eye(8)[label], label


def test_class_separation_is_its_equations():
    x, label = clustered(0.5)
    found = class_separation(x, label)
    assert found["silhouette"] == pytest.approx(
        silhouette_score(x, label, metric="cosine"), abs=1e-6
    )
    unit = torch.nn.functional.normalize(x, dim=1)
    distances = torch.pdist(unit).square()
    first, second = torch.triu_indices(90, 90, 1)
    assert found["alignment"] == pytest.approx(
        distances[label[first] == label[second]].mean().item(), rel=1e-4
    )
    assert found["uniformity"] == pytest.approx(
        (-2 * distances).exp().mean().log().item(), rel=1e-4
    )


def test_sorted_emotions_are_told_from_mixed_ones():
    tight, loose = class_separation(*clustered(0.1)), class_separation(*clustered(3.0))
    assert tight["silhouette"] > 0.8
    assert abs(loose["silhouette"]) < 0.1
    assert tight["alignment"] < loose["alignment"]


def test_separation_leaves_out_what_has_no_label_or_no_partner():
    x, label = clustered(0.5)
    more = torch.cat([x, torch.randn(3, 8)]), torch.cat([label, torch.tensor([-1, -1, 5])])
    assert class_separation(*more) == pytest.approx(class_separation(x, label))
    assert math.isnan(class_separation(x, torch.zeros(90, dtype=torch.int64))["silhouette"])
