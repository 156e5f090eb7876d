"""What ICCL remembers of every emotion, so that a batch without one still teaches about it [ours]."""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ariigcn.core.balance import frequency_weights


class Remembered(nn.Module):
    """A memory of each of C emotions, and the loss of nodes against it.

    The memory is state: it is in every checkpoint, and every process of a run updates its own copy
    from the nodes of the whole batch. A subclass says what is remembered.

    Args:
        classes: C.
        balance: emotions count by training frequency ** -balance; 0: all nodes alike, 1: all emotions.

    Shapes:
        weights: [C].
    """

    weights: Tensor

    def __init__(self, classes: int, balance: float) -> None:
        super().__init__()
        self.balance = balance
        self.register_buffer("weights", torch.ones(classes))

    def fit(self, label: Tensor) -> None:
        """Learn how rare each emotion is from the training split's labels, int64 [n]."""
        self.weights.copy_(frequency_weights(label, len(self.weights), self.balance))

    def forward(self, u: Tensor, label: Tensor) -> Tensor:
        """The loss of some nodes; in training, they are remembered afterwards.

        Args:
            u: l2-normalised nodes, [K, P].
            label: int64 [K]; -1 = takes no part, as a node of an emotion that is not remembered yet.

        Returns:
            A scalar, []: the weighted mean over nodes; zero where there is none.
        """
        own = label.clamp_min(0)
        takes_part = (label >= 0) & self.known[own]
        each = self.compare(u, own, takes_part)
        weight = self.weights[own] * takes_part
        loss = (each * weight).sum() / weight.sum().clamp_min(1e-12)
        if self.training:
            self.remember(u.detach(), label)
        return loss

    def members(self, label: Tensor) -> Tensor:
        """Which emotion each node belongs to, int64 [K] -> int64 [K, C] of 0 and 1; none where -1."""
        classes = len(self.weights)
        return one_hot(label % (classes + 1), classes + 1)[:, :-1]

    @property
    def known(self) -> Tensor:
        """Of which emotions something is remembered, bool [C]."""
        raise NotImplementedError

    def compare(self, u: Tensor, own: Tensor, takes_part: Tensor) -> Tensor:
        """Each node's loss, [K]: finite for those that take no part; own: their emotions, int64 [K]."""
        raise NotImplementedError

    def remember(self, u: Tensor, label: Tensor) -> None:
        """Add new nodes, [K, P], to the memory; label -1 = not remembered."""
        raise NotImplementedError
