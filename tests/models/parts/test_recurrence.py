"""The recurrence of all modalities and directions at once, against torch's own GRU one at a time."""

import pytest
import torch
from torch import Tensor, nn

from ariigcn.models.parts.recurrence import ModalityGRU, Steps, _Recurrence

MODALITIES, INPUTS, HIDDEN = 3, 5, 4


@pytest.fixture(autouse=True)
def doubles():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)


def of_torch(gru: ModalityGRU, modality: int) -> nn.GRU:
    """torch's GRU with the weights of one modality."""
    theirs = nn.GRU(INPUTS, HIDDEN, batch_first=True, bidirectional=gru.directions == 2)
    for k, end in enumerate(("l0", "l0_reverse")[: gru.directions]):
        columns = slice(k * 3 * HIDDEN, (k + 1) * 3 * HIDDEN)
        own = modality * gru.directions + k
        weights = {
            f"weight_ih_{end}": gru.read.weight[modality][:, columns].T,
            f"bias_ih_{end}": gru.read.bias[modality, 0, columns],
            f"weight_hh_{end}": gru.carry[own].T,
            f"bias_hh_{end}": gru.carry_bias[own, 0],
        }
        theirs.load_state_dict({**theirs.state_dict(), **weights})
    return theirs


def difference(left: Tensor, right: Tensor) -> float:
    return float((left - right).detach().abs().max())


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("lengths", [[3, 7, 1, 7, 4], [1], [6], [2, 2, 2]])
def test_values_and_gradients_are_those_of_torch(directions, lengths):
    gru = ModalityGRU(MODALITIES, INPUTS, HIDDEN, directions)
    x = torch.randn(MODALITIES, sum(lengths), INPUTS, requires_grad=True)
    ours = gru(x, torch.tensor(lengths))
    dialogues = x.split(lengths, dim=1)
    theirs = torch.stack(
        [torch.cat([of_torch(gru, m)(part[m])[0] for part in dialogues]) for m in range(MODALITIES)]
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
