"""The moving average's weights are those of its definition, and it waits for no device."""

import pytest
import torch
from torch import nn

from ariigcn.training.average import MovingAverage


def walk(decay, steps, warmup=0):
    """The average's weight after each step of a model whose weight is the step's number plus one."""
    model = nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(1.0)
    average, seen = MovingAverage(model, decay), []
    for step in range(1, steps + 1):
        model.weight.data.fill_(step + 1.0)
        average.update(model, warming_up=step <= warmup)
        seen.append(average.module.weight.item())
    return seen


def test_an_exponential_average_equals_its_recursion_to_the_bit():
    kept, expected = torch.tensor(1.0), []
    for step in range(1, 31):
        share = min(0.6, step / (step + 10))  # grows up to the decay, which step 15 reaches
        kept = kept.lerp(torch.tensor(step + 1.0), 1 - share)
        expected.append(kept.item())
    assert walk(0.6, 30) == expected


def test_a_decay_of_one_is_the_plain_mean_of_the_steps_since_the_warm_up():
    assert walk(1, 6, warmup=2) == pytest.approx([2, 3, 4, 4.5, 5, 5.5])


def test_what_is_judged_drops_nothing_out_and_has_buffers_of_its_own():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5), nn.BatchNorm1d(2)).train()
    average = MovingAverage(model, 0.9)
    assert not any(part.training for part in average.modules())
    model(torch.randn(8, 2))
    average.update(model, warming_up=False)
    assert torch.equal(average.module[2].running_mean, model[2].running_mean)
    assert average.module[2].running_mean is not model[2].running_mean


@pytest.mark.parametrize("decay", [0.6, 1])
def test_a_restored_average_goes_on_as_if_it_had_not_stopped(decay):
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    first = MovingAverage(model, decay)
    weights = torch.randn(8, 2, 3)
    for now in weights[:4]:
        model.weight.data.copy_(now)
        first.update(model, warming_up=False)
    second = MovingAverage(nn.Linear(3, 2), decay)
    second.load_state_dict(first.state_dict())
    for now in weights[4:]:
        model.weight.data.copy_(now)
        for average in (first, second):
            average.update(model, warming_up=False)
    assert torch.equal(first.module.weight, second.module.weight)
    assert not torch.equal(first.module.weight, model.weight)


def test_it_asks_the_device_for_nothing():
    model = nn.Linear(2, 2, device="meta")
    average = MovingAverage(model, 0.5)
    for _ in range(3):
        average.update(model, warming_up=False)
    assert average.n_averaged.device.type == "cpu"
