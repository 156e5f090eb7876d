"""The moving average of the weights, which validation judges in place of the weights themselves."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class MovingAverage(nn.Module):
    """A copy of a model whose weights follow the model's, in evaluation mode.

    It is exponential (EMA) for a decay below 1. Its memory grows with the steps, from eleven of them
    on, so that the initial weights, which count as the first, do not linger [ours]. A decay of 1 gives
    the plain mean of all steps since the warm-up: stochastic weight averaging (Izmailov et al., UAI 2018).

    torch's ``AveragedModel`` does the same and takes three times as long: it looks at each weight alone.

    Args:
        model: what is averaged; buffers are copied from it.
        decay: ``training.average``, above 0.

    Shapes:
        n_averaged: scalar [], the steps so far.
    """

    n_averaged: Tensor  # on the CPU, whatever the model's device

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__()
        self.module, self.decay = deepcopy(model), decay
        self.register_buffer("n_averaged", torch.tensor(int(decay < 1)))
        self.eval()

    @torch.no_grad()
    def update(self, model: nn.Module, warming_up: bool) -> None:
        """Take in the weights after a step; the plain mean forgets those of the warm-up."""
        seen = int(self.n_averaged)
        share = 1 - 1 / (seen + 1) if self.decay == 1 else min(self.decay, seen / (seen + 10))
        weights = [*self.module.parameters()], [*model.parameters()]
        get_ema_multi_avg_fn(share)(*weights, seen)
        for kept, now in zip(self.module.buffers(), model.buffers(), strict=True):
            kept.copy_(now)
        self.n_averaged.fill_(0 if warming_up and self.decay == 1 else seen + 1)
