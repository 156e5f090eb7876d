"""The recurrences of all modalities and directions at once, against torch's own GRU one at a time."""

import pytest
import torch
from torch import Tensor, nn

from ariigcn.models.parts.quasi_recurrence import ModalityQRNN, _Scan
from ariigcn.models.parts.recurrence import ModalityGRU, Steps, _Recurrence

MODALITIES, INPUTS, HIDDEN = 3, 5, 4


@pytest.fixture(autouse=True)
def doubles():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)


def of_torch(cells: ModalityGRU | ModalityQRNN, modality: int) -> nn.GRU:
    """torch's GRU with the weights of one modality."""
    theirs = nn.GRU(INPUTS, HIDDEN, batch_first=True, bidirectional=cells.directions == 2)
    weights = {
        f"{name}_{end}": value
        for k, end in enumerate(("l0", "l0_reverse")[: cells.directions])
        for name, value in cells.torch_weights(modality, k).items()
    }
    theirs.load_state_dict(weights)
    return theirs


def difference(left: Tensor, right: Tensor) -> float:
    return float((left - right).detach().abs().max())


@pytest.mark.parametrize("kind", [ModalityGRU, ModalityQRNN])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("lengths", [[3, 7, 1, 7, 4], [1], [6], [2, 2, 2], [1, 33]])
def test_values_and_gradients_are_those_of_torch(kind, directions, lengths):
    cells = kind(MODALITIES, INPUTS, HIDDEN, directions)
    x = torch.randn(MODALITIES, sum(lengths), INPUTS, requires_grad=True)
    ours = cells(x, torch.tensor(lengths))
    dialogues = x.split(lengths, dim=1)
    theirs = torch.stack(
        [
            torch.cat([of_torch(cells, m)(part[m])[0] for part in dialogues])
            for m in range(MODALITIES)
        ]
    )
    assert difference(ours, theirs) < 1e-12
    outer = torch.randn_like(ours)
    gradients = [torch.autograd.grad(y, x, outer)[0] for y in (ours, theirs)]
    assert difference(*gradients) < 1e-12


@pytest.mark.parametrize("directions", [1, 2])
def test_gradients_of_the_weights_are_the_differences_of_values(directions):
    gru = ModalityGRU(2, INPUTS, HIDDEN, directions)
    read = torch.randn(2, 7, directions * 3 * HIDDEN, requires_grad=True)
    steps = Steps.of(torch.tensor([2, 4, 1]), directions, torch.device("cpu"))
    assert torch.autograd.gradcheck(
        _Recurrence.apply, (read, gru.carry, gru.carry_bias, steps), atol=1e-8
    )


def test_gradients_of_a_scan_are_the_differences_of_values():
    decay, added = torch.rand(2, 2, 3, 7, HIDDEN, requires_grad=True).unbind()
    assert torch.autograd.gradcheck(_Scan.apply, (decay, added, 7), atol=1e-8)


@pytest.mark.parametrize("kind", [ModalityGRU, ModalityQRNN])
def test_a_conversation_read_step_by_step_has_the_states_of_the_whole(kind):
    cells, x = kind(MODALITIES, INPUTS, HIDDEN, 1), torch.randn(MODALITIES, 9, INPUTS)
    state, found = torch.zeros(MODALITIES, 1, HIDDEN), []
    for utterance in x.split(1, dim=1):
        state = cells.step(utterance, state)
        found.append(state)
    assert difference(torch.cat(found, dim=1), cells(x, torch.tensor([9]))) < 1e-12
