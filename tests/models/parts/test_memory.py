"""A memory of nodes: the loss is its equation, rings of each emotion, state that resumes."""

import pytest
import torch
from torch.nn.functional import normalize

from ariigcn.models.config import LossConfig
from ariigcn.models.parts.memory import NodeMemory

LABEL = torch.tensor([0, 0, 1, 2, -1, 1, 0])
CONFIG = LossConfig(iccl_with="memory", memory=2, prototype_balance=0.5)


def make():
    memory = NodeMemory(4, 6, CONFIG)
    memory.fit(torch.tensor([0] * 80 + [1] * 15 + [2] * 4 + [3] + [-1] * 9))
    return memory


def nodes(seed=0):
    return normalize(torch.randn(7, 6, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_each_emotion_remembers_its_last_nodes():
    memory, first = make(), nodes(1)
    memory.remember(first, LABEL)
    assert memory.seen.tolist() == [3, 2, 1, 0]
    assert {*map(tuple, memory.nodes[0].tolist())} == {*map(tuple, first[[1, 6]].tolist())}
    assert torch.equal(memory.nodes[1], first[[2, 5]])
    assert torch.equal(memory.nodes[2, 0], first[3])
    second = nodes(2)
    memory.remember(second, torch.tensor([-1, 1, -1, -1, -1, -1, 2]))
    assert torch.equal(memory.nodes[1], torch.stack([second[1], first[5]])), "the oldest is gone"
    assert torch.equal(memory.nodes[2], torch.stack([first[3], second[6]]))
    assert memory.seen.tolist() == [3, 3, 2, 0]


def test_the_loss_is_its_equation():
    memory = make()
    memory.remember(nodes(1), LABEL)
    kept = {0: memory.nodes[0], 1: memory.nodes[1], 2: memory.nodes[2, :1]}
    every = torch.cat([*kept.values()])
    u, total, weights = nodes(), 0.0, 0.0
    label = torch.tensor([0, 1, 2, 3, -1, 1, 0])  # nothing is remembered of emotion 3
    for node, y in zip(u, label.tolist(), strict=True):
        if y not in kept:
            continue
        weight = float([80, 15, 4, 1][y]) ** -0.5
        own = (kept[y] @ node / CONFIG.temperature).mean()
        total += weight * float((every @ node / CONFIG.temperature).logsumexp(0) - own)
        weights += weight
    assert memory.eval()(u, label).item() == pytest.approx(total / weights, rel=1e-5)


def test_it_resumes_and_its_gradient_survives_the_move():
    whole, resumed = make(), make()
    whole(nodes(1), LABEL)
    resumed.load_state_dict(whole.state_dict())
    u = nodes(2).requires_grad_()
    loss, again = whole(u, LABEL), resumed(u, LABEL)
    assert loss == again
    loss.backward()
    assert u.grad.abs().sum() > 0
    assert torch.equal(whole.nodes, resumed.nodes)
