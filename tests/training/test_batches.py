"""A batch is so many dialogues, or as many whole ones as have so many utterances, in the seed's order."""

from itertools import pairwise

import pytest
import torch

from ariigcn.training.batches import epoch_batches
from ariigcn.training.config import TrainingConfig

LENGTHS = torch.tensor([4, 1, 33, 9, 2, 17, 6, 3, 12, 5, 8, 7, 3, 6, 4])
TRAINING = torch.tensor([0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 13])


def batches(most, seed=0, epoch=1, **options):
    config = TrainingConfig(batch_utterances=most, **options)
    return epoch_batches(TRAINING, LENGTHS, config, seed, epoch)


@pytest.mark.parametrize("most", [1, 10, 20, 40, 1000])
def test_every_dialogue_comes_once_and_whole_and_no_batch_has_too_many_utterances(most):
    parts = batches(most)
    assert torch.cat(parts).sort().values.tolist() == TRAINING.tolist()
    for part in parts:
        assert len(part) == 1 or LENGTHS[part].sum() <= most
    for part, following in pairwise(parts):
        assert LENGTHS[part].sum() + LENGTHS[following[0]] > most  # as many as fit
    assert (len(parts) == 1) == (most == 1000)


def test_the_order_is_that_of_batches_by_dialogues_and_changes_with_seed_and_epoch():
    one = torch.cat(batches(20))
    assert torch.equal(one, torch.cat(batches(None, batch_dialogues=4)))
    assert torch.equal(one, torch.cat(batches(20)))
    others = [torch.cat(batches(20, seed, epoch)).tolist() for seed, epoch in [(1, 1), (0, 2)]]
    assert one.tolist() not in others
    assert others[0] != others[1]


def test_dialogues_are_counted_where_utterances_are_not():
    assert [len(part) for part in batches(None, batch_dialogues=4)] == [4, 4, 3]
