"""Which epoch is used, when to stop, and what a checkpoint keeps of it."""

import pytest
import torch
from torch import nn

from ariigcn.training.config import TrainingConfig
from ariigcn.training.selection import Selection

NAN = float("nan")


def selected(scores, **config):
    """The selection after epochs of these scores; each epoch's weights are its number."""
    model = nn.Linear(1, 1, bias=False)
    selection = Selection(model, TrainingConfig(patience=2, **config))
    finals = []
    for epoch, score in enumerate(scores, start=1):
        model.weight.data.fill_(epoch)
        selection.judge(epoch, score)
        finals.append(selection.is_final)
    return model, selection, finals


def weight(selection):
    return selection.weights()["weight"].item()


def test_validation_selects_the_first_of_the_best_and_waits_for_its_patience():
    _, selection, finals = selected([0.3, 0.5, 0.5, 0.4])
    assert (selection.epoch, selection.score, weight(selection)) == (2, 0.5, 2)
    assert finals == [False, False, False, True]


def test_a_score_of_zero_is_better_than_none_and_nan_is_not():
    _, selection, finals = selected([NAN, 0.0])
    assert (selection.epoch, weight(selection)) == (2, 2)
    assert finals == [False, False]
    _, nothing, finals = selected([NAN, NAN])
    assert (nothing.epoch, finals) == (0, [False, True])
    assert weight(nothing) == 2, "the weights of now"


def test_last_takes_the_last_epoch_whatever_its_score_and_never_stops():
    model, selection, finals = selected([0.5, 0.4, NAN, 0.1], selection="last")
    assert (selection.epoch, weight(selection)) == (4, 4)
    assert not any(finals)
    model.weight.data.fill_(5)
    assert weight(selection) == 5, "it holds no copy"


def test_the_selected_weights_are_a_copy():
    model, selection, _ = selected([0.3])
    model.weight.data.fill_(9)
    assert weight(selection) == 1


@pytest.mark.parametrize(("scores", "copies"), [([0.3, 0.5], 0), ([0.5, 0.3], 1)])
def test_a_checkpoint_holds_the_weights_once_and_gives_them_back(scores, copies):
    model, selection, _ = selected(scores)
    state = selection.state_dict()
    assert len(state["weights"]) == copies
    again = Selection(model, TrainingConfig(patience=2))
    again.load_state_dict(state)
    model.weight.data.fill_(9)
    for each in (selection, again):
        each.judge(3, 0.1)
    assert (again.epoch, again.score, again.is_final) == (
        selection.epoch,
        selection.score,
        selection.is_final,
    )
    assert torch.equal(again.weights()["weight"], selection.weights()["weight"])
