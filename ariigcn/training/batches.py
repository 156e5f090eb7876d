"""Which dialogues share a step: so many of them, or as many as have so many utterances together."""

import torch
from torch import Tensor

from ariigcn.training.config import TrainingConfig


def epoch_batches(
    dialogues: Tensor, lengths: Tensor, config: TrainingConfig, seed: int, epoch: int
) -> list[Tensor]:
    """An epoch's batches of dialogues, in an order that the seed and the epoch decide.

    Args:
        dialogues: numbers of the training dialogues, int64 [d].
        lengths: utterances of every dialogue of the corpus, int64 [D].
        config: how large a batch is.
        seed: of the run.
        epoch: from 1.

    Returns:
        the dialogues of each step, int64 [b]; every dialogue once and whole.
    """
    generator = torch.Generator().manual_seed(seed * 100_003 + epoch)
    order = dialogues[torch.randperm(len(dialogues), generator=generator)]
    if config.batch_utterances is None:
        return [*order.split(config.batch_dialogues)]
    return [*order.split(_filled(lengths[order].tolist(), config.batch_utterances))]


def _filled(lengths: list[int], most: int) -> list[int]:
    """How many neighbours fit into each batch; one that is longer than ``most`` is alone."""
    counts: list[int] = []
    room = 0
    for length in lengths:
        if counts and length <= room:
            counts[-1] += 1
            room -= length
        else:
            counts.append(1)
            room = most - length
    return counts
