"""From easy to hard dialogues (Yang et al., AAAI 2022): where emotions change least comes first."""

import math

import torch
from torch import Tensor

from ariigcn.graphs.dialogues import Dialogues


def curriculum_share(epoch: int, epochs: int) -> float:
    """Share of the training dialogues in an epoch (from 1): it grows linearly to 1 in ``epochs`` steps."""
    return min(1.0, epoch / (epochs + 1))


def easiest(dialogues: Dialogues, chosen: Tensor, share: float) -> Tensor:
    """The easiest share of some dialogues, int64 [b], in the order they were given; at least one."""
    if share >= 1:
        return chosen
    hard = torch.tensor([difficulty(dialogues, int(number)) for number in chosen])
    kept = hard.argsort(stable=True)[: math.ceil(share * len(chosen))]
    return chosen[kept.sort().values]


def difficulty(dialogues: Dialogues, number: int) -> float:
    """Changes of emotion and speakers of a dialogue, over its utterances and speakers.

    Only utterances with a label count; the measure is that of the paper, equation 1.
    """
    rows = dialogues.rows(torch.tensor([number]))
    label, speaker = dialogues.label[rows], dialogues.speaker[rows]
    label = label[label >= 0]
    speakers = len(speaker.unique())
    changes = int((label[1:] != label[:-1]).sum())
    return (changes + speakers) / (len(rows) + speakers)
