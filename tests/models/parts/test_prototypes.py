"""Prototypes: the loss is its equation, the memory is a moving mean, state that resumes."""

import pytest
import torch
from torch.nn.functional import normalize

from ariigcn.models.parts.prototypes import PrototypeLoss, Prototypes

LABEL = torch.tensor([0, 0, 1, 2, -1, 1, 0])


def make(margin=0.2, balance=0.5, momentum=0.9):
    memory = Prototypes(4, 6, PrototypeLoss(0.1, margin, balance, momentum))
    memory.fit(torch.tensor([0] * 80 + [1] * 15 + [2] * 4 + [3] + [-1] * 9))
    return memory


def nodes(seed=0):
    return normalize(torch.randn(7, 6, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_the_loss_is_its_equation():
    memory = make()
    memory.remember(nodes(1), LABEL)
    u, mean = nodes(), memory.mean.clone()
    count = torch.tensor([80.0, 15, 4, 1])
    margin = 0.2 * (count / count.min()) ** -0.25
    total, weights = 0.0, 0.0
    for node, y in zip(u, LABEL.tolist(), strict=True):
        if y < 0:
            continue
        s = (mean[:3] @ node).double()  # emotion 3 has no prototype and does not compete
        s[y] -= margin[y]
        weight = float(count[y]) ** -0.5
        total += weight * -float((s / 0.1).log_softmax(0)[y])
        weights += weight
    assert memory.eval()(u, LABEL).item() == pytest.approx(total / weights, rel=1e-5)


def test_the_rarest_emotion_has_the_widest_margin_and_the_largest_weight():
    memory = make()
    assert memory.margins.argmax() == memory.weights.argmax() == 3
    assert memory.margins[3].item() == pytest.approx(0.2)
    assert (memory.margins.diff() > 0).all()


def test_prototypes_are_a_moving_mean_and_unlabelled_nodes_leave_no_trace():
    memory, first, second = make(momentum=0.5), nodes(1), nodes(2)
    memory.remember(first, LABEL)
    mean = normalize(first[LABEL == 1].sum(0), dim=0)
    assert torch.allclose(memory.mean[1], mean, atol=1e-6)
    assert memory.seen.tolist() == [True, True, True, False]
    memory.remember(second, torch.where(LABEL == 1, 1, -1))
    moved = normalize(0.5 * mean + 0.5 * normalize(second[LABEL == 1].sum(0), dim=0), dim=0)
    assert torch.allclose(memory.mean[1], moved, atol=1e-6)
    assert torch.allclose(memory.mean[0], normalize(first[LABEL == 0].sum(0), dim=0), atol=1e-6)


def test_an_emotion_that_the_batch_lacks_still_repels():
    memory = make(margin=0.0, balance=0.0).eval()
    memory.remember(nodes(1), LABEL)
    u = nodes().requires_grad_()
    memory(u, torch.full((7,), 1)).backward()
    alone = u.grad.clone()
    memory.mean[2] = -memory.mean[2]
    u.grad = None
    memory(u, torch.full((7,), 1)).backward()
    assert not torch.allclose(alone, u.grad)


def test_its_state_resumes():
    memory = make()
    memory(nodes(1), LABEL)
    other = make()
    other.load_state_dict(memory.state_dict())
    assert torch.equal(other(nodes(), LABEL), memory(nodes(), LABEL))
    assert torch.equal(other.mean, memory.mean)
