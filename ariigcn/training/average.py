"""The moving average of the weights, which validation judges in place of the weights themselves."""

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Weights = list[Tensor] | tuple[Tensor, ...]


class MovingAverage(AveragedModel):
    """A copy of a model whose weights follow the model's, in evaluation mode.

    It is exponential (EMA) for a decay below 1. Its memory grows with the steps, from eleven of them
    on, so that the initial weights, which count as the first, do not linger [ours]. A decay of 1 gives
    the plain mean of all steps since the warm-up: stochastic weight averaging (Izmailov et al., UAI 2018).

    Args:
        model: what is averaged; buffers are copied from it.
        decay: ``training.average``, above 0.

    Shapes:
        n_averaged: scalar [], the steps so far.
    """

    n_averaged: Tensor  # on the CPU, whatever the model's device

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__(model, multi_avg_fn=self._follow)
        self.decay = decay
        if decay < 1:
            self.n_averaged.fill_(1)
        self.eval()

    def update(self, model: nn.Module, warming_up: bool) -> None:
        """Take in the weights after a step; the plain mean forgets those of the warm-up."""
        self.update_parameters(model)
        if warming_up and self.decay == 1:
            self.n_averaged.zero_()

    def _follow(self, kept: Weights, now: Weights, _: Tensor | int) -> None:
        # torch passes the count on the weights' device: reading it there would wait for a GPU.
        seen = int(self.n_averaged)
        share = 1 - 1 / (seen + 1) if self.decay == 1 else min(self.decay, seen / (seen + 10))
        get_ema_multi_avg_fn(share)(kept, now, seen)
