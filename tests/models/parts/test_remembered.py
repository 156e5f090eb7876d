"""What both memories share: evaluation changes nothing, and what is unknown costs nothing."""

import pytest
import torch

from ariigcn.core.balance import frequency_weights
from tests.models.parts import test_memory, test_prototypes


@pytest.mark.parametrize(
    ("kind", "seen"),
    [(test_memory, [3, 2, 1, 0]), (test_prototypes, [True, True, True, False])],
    ids=["memory", "prototypes"],
)
def test_evaluation_remembers_nothing_and_nothing_seen_is_no_loss(kind, seen):
    memory = kind.make().eval()
    u = kind.nodes().requires_grad_()
    loss = memory(u, kind.LABEL)
    loss.backward()
    assert loss == 0
    assert not u.grad.any()
    assert not memory.seen.any()
    memory.train()(u, kind.LABEL)
    assert memory.seen.tolist() == seen
    assert memory.known.tolist() == [True, True, True, False]


@pytest.mark.parametrize("kind", [test_memory, test_prototypes], ids=["memory", "prototypes"])
def test_emotions_count_by_their_training_frequency(kind):
    label = torch.tensor([0] * 80 + [1] * 15 + [2] * 4 + [3] + [-1] * 9)
    assert torch.equal(kind.make().weights, frequency_weights(label, 4, 0.5))


@pytest.mark.parametrize("kind", [test_memory, test_prototypes], ids=["memory", "prototypes"])
def test_a_node_belongs_to_its_emotion_and_an_unlabelled_one_to_none(kind):
    found = kind.make().members(torch.tensor([2, -1, 0]))
    assert found.tolist() == [[0, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
