"""What a row of the history tells equals what it says, on a corpus of known answers."""

import math

import pytest
import torch
from torch import nn

from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.models.base import Output
from ariigcn.models.config import LossConfig, ModelConfig
from ariigcn.training.diagnostics import (
    DivergedError,
    check_finite,
    mean_terms,
    modality_gap,
    validate,
)
from tests.synthetic_corpus import LABELS, SIZES, make_toy


class Always(nn.Module):
    """Says the same of every utterance."""

    def forward(self, batch):
        logits = torch.tensor([0.5, 0.25, 0.25]).log().expand(batch.num_nodes, -1)
        return Output(logits=logits, mask=batch.mask)


def labelled(*labels):
    """Five dialogues, of which the fourth validates: its utterances have these labels."""
    dialogues = make_toy([3, 2, 4, len(labels), 5])
    held_out = dialogues.of_split("validation")
    assert held_out.tolist() == [3]
    dialogues.label[dialogues.rows(held_out)] = torch.tensor(labels)
    return dialogues


def test_validation_scores_labelled_utterances_of_its_split_alone():
    scores = validate(Always(), labelled(0, 0, 1, -1))
    half, quarter = torch.tensor(0.5).log(), torch.tensor(0.25).log()
    assert scores["validation_loss"] == pytest.approx(-float(2 * half + quarter) / 3)
    assert scores["validation_accuracy"] == pytest.approx(2 / 3)
    # F1 of the first emotion is 0.8 (precision 2 / 3, recall 1) and counts for two of three.
    assert scores["validation_weighted_f1"] == pytest.approx(0.8 * 2 / 3)


def test_without_validation_there_is_no_score():
    scores = validate(Always(), make_toy([3, 2]))
    assert len(scores) == 3
    assert all(math.isnan(value) for value in scores.values())


def test_a_mean_is_over_the_steps_that_have_the_term():
    steps = [{"a": torch.tensor(1.0), "b": torch.tensor(2.0)}, {"a": torch.tensor(4.0)}]
    assert mean_terms(steps) == {"a": 2.5, "b": 2.0}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_told_with_its_dialogues(value):
    parts = [torch.tensor([0, 1]), torch.tensor([2])]
    steps = [{"loss": torch.tensor(1.0)}, {"loss": torch.tensor(value)}]
    with pytest.raises(DivergedError, match=rf"loss is {value} in epoch 3 on the dialogues d2;"):
        check_finite(make_toy([3, 2, 4]), parts, steps, 3)
    check_finite(make_toy([3, 2, 4]), parts[:1], steps[:1], 3)


def test_the_gap_is_told_of_a_model_that_plays_the_game_alone():
    dialogues = labelled(0, 1, 2, 0, 1)

    def gap(adversarial):
        torch.manual_seed(0)
        losses = LossConfig(adversarial=adversarial)
        model = ARIIGCN(SIZES, len(LABELS), 5, ModelConfig(hidden=8, losses=losses))
        return modality_gap(model.eval(), dialogues)

    assert gap(0.0) == {}
    names = {"probe_before", "probe_after", "discrepancy_before", "discrepancy_after"}
    assert set(found := gap(0.1)) == names
    assert 0 <= found["probe_before"] <= 1
    assert found["discrepancy_before"] != found["discrepancy_after"]
