"""Dialogues in which emotions change least come first; in the end all of them."""

from dataclasses import replace

import pytest
import torch

from ariigcn.training.curriculum import curriculum_share, difficulty, easiest
from tests.synthetic_corpus import make_toy


def dialogues():
    toy = make_toy([4, 4, 4, 1])
    label = torch.tensor([0, 1, 0, 1, 2, 2, 2, 2, 0, 0, -1, 1, 1])
    speaker = torch.tensor([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
    return replace(toy, label=label, speaker=speaker)


def test_difficulty_counts_changes_of_emotion_and_speakers():
    hard = [difficulty(dialogues(), number) for number in range(4)]
    assert hard == pytest.approx([(3 + 2) / 6, (0 + 2) / 6, (1 + 2) / 6, (0 + 1) / 2])


def test_the_easiest_come_in_the_order_they_were_given():
    given = torch.tensor([2, 0, 1, 3])
    assert easiest(dialogues(), given, 0.5).tolist() == [2, 1]
    assert easiest(dialogues(), given, 0.01).tolist() == [1]
    assert easiest(dialogues(), given, 1.0) is given


def test_the_share_grows_to_all():
    assert [curriculum_share(epoch, 3) for epoch in range(1, 6)] == [0.25, 0.5, 0.75, 1, 1]
    assert curriculum_share(1, 0) == 1
