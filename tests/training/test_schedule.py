"""Learning rate and adversarial weight by epoch, against numbers worked out by hand."""

import pytest
from torch import nn
from torch.optim import SGD

from ariigcn.models.config import LossConfig
from ariigcn.training.config import TrainingConfig
from ariigcn.training.schedule import adversarial_weight, learning_rate, scheduler


def rates(**config):
    settings = TrainingConfig(epochs=6, warmup_epochs=2, **config)
    return [learning_rate(epoch, settings) for epoch in range(6)]


def test_after_the_warm_up_the_rate_falls_along_half_a_cosine_or_stays():
    warm_up = [1 / 3, 2 / 3]
    half_cosine = [1, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4]
    assert rates(schedule="cosine") == pytest.approx(warm_up + half_cosine)
    assert rates(schedule="constant") == pytest.approx([*warm_up, 1, 1, 1, 1])


def test_a_warm_up_of_all_epochs_is_nothing_but_warm_up():
    settings = TrainingConfig(epochs=3, warmup_epochs=3)
    assert [learning_rate(epoch, settings) for epoch in range(3)] == [0.25, 0.5, 0.75]


def test_the_scheduler_sets_the_optimisers_rate_and_goes_on_after_a_restore():
    config = TrainingConfig(epochs=6, warmup_epochs=2)

    def made():
        optimiser = SGD(nn.Linear(1, 1).parameters(), lr=0.1)
        return optimiser, scheduler(optimiser, config)

    optimiser, schedule = made()
    for epoch in range(6):
        assert optimiser.param_groups[0]["lr"] == pytest.approx(0.1 * learning_rate(epoch, config))
        if epoch == 3:
            states = optimiser.state_dict(), schedule.state_dict()
            optimiser, schedule = made()
            optimiser.load_state_dict(states[0])
            schedule.load_state_dict(states[1])
        optimiser.step()
        schedule.step()


def test_the_adversarial_weight_grows_linearly_over_its_warm_up():
    losses = LossConfig(adversarial=0.4, warmup_epochs=4)
    assert [adversarial_weight(e, losses) for e in range(1, 7)] == pytest.approx(
        [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]
    )
    assert adversarial_weight(1, LossConfig(adversarial=0.4, warmup_epochs=0)) == 0.4
