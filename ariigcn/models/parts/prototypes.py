r"""ICCL against a memory of every emotion: what a batch does not hold is still kept apart [ours].

A batch of eight dialogues holds few nodes of a rare emotion, often none, so that pairs within it say
nothing about that emotion. Here every node is compared with one prototype an emotion: the moving mean
of the normalised, projected nodes seen so far (after SPCL, Song et al., EMNLP 2022, and momentum
prototypes, Li et al., ICLR 2021). A batch costs its nodes times the emotions.

With :math:`s_c = u \cdot p_c` the loss of a node of emotion y is the cross-entropy of
:math:`(s_c - m_y [c = y]) / \tau`: its own prototype must be nearer by a margin, which is widest for the
rarest emotion, :math:`m_y \propto n_y^{-1/4}` (LDAM, Cao et al., NeurIPS 2019). Emotions may count by
training frequency to a power, as in the classification loss.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize, one_hot

from ariigcn.core.balance import frequency_weights
from ariigcn.models.config import LossConfig


@dataclass(frozen=True)
class PrototypeLoss:
    """How nodes are compared with prototypes.

    Args:
        temperature: tau.
        margin: of the rarest emotion, a cosine; 0: none.
        balance: emotions count by training frequency ** -balance; 0: all nodes alike, 1: all emotions.
        momentum: share of a prototype that stays at each step.
    """

    temperature: float
    margin: float
    balance: float
    momentum: float

    @classmethod
    def of(cls, config: LossConfig) -> "PrototypeLoss":
        """The one that a configuration asks for."""
        return cls(
            config.temperature,
            config.prototype_margin,
            config.prototype_balance,
            config.prototype_momentum,
        )


class Prototypes(nn.Module):
    """A moving mean of the nodes of each of C emotions, and the loss against them.

    The memory is state: it is in every checkpoint, and every process of a run updates its own copy
    from the nodes of the whole batch.

    Shapes:
        mean: [C, P], l2-normalised; seen: bool [C]; margins, weights: [C].
    """

    mean: Tensor
    seen: Tensor
    margins: Tensor
    weights: Tensor

    def __init__(self, classes: int, size: int, loss: PrototypeLoss) -> None:
        super().__init__()
        self.loss = loss
        self.register_buffer("mean", torch.zeros(classes, size))
        self.register_buffer("seen", torch.zeros(classes, dtype=torch.bool))
        self.register_buffer("margins", torch.zeros(classes))
        self.register_buffer("weights", torch.ones(classes))

    def fit(self, label: Tensor) -> None:
        """Learn how rare each emotion is from the training split's labels, int64 [n]."""
        classes = len(self.seen)
        count = torch.bincount(label[label >= 0], minlength=classes).clamp_min(1)
        rarity = count.double() ** -0.25
        self.margins.copy_(self.loss.margin * rarity / rarity.max())
        self.weights.copy_(frequency_weights(label, classes, self.loss.balance))

    def forward(self, u: Tensor, label: Tensor) -> Tensor:
        """The loss of some nodes; in training, they are remembered afterwards.

        Args:
            u: l2-normalised nodes, [K, P].
            label: int64 [K]; -1 = takes no part, as a node of an emotion that has no prototype yet.

        Returns:
            A scalar, []: the weighted mean over nodes; zero where there is none.
        """
        seen, mean = self.seen.clone(), self.mean.clone()
        own = label.clamp_min(0)
        takes_part = (label >= 0) & seen[own]
        margin = one_hot(own, len(seen)) * self.margins[own].unsqueeze(1)
        logits = (u @ mean.T - margin) / self.loss.temperature
        # Only emotions that have a prototype compete; a node whose own has none counts for nothing.
        logits = logits.masked_fill(~seen & takes_part.unsqueeze(1), float("-inf"))
        each = cross_entropy(logits, own, reduction="none")
        weight = self.weights[own] * takes_part
        loss = (each * weight).sum() / weight.sum().clamp_min(1e-12)
        if self.training:
            self.remember(u.detach(), label)
        return loss

    @torch.no_grad()
    def remember(self, u: Tensor, label: Tensor) -> None:
        """Move the prototypes toward the mean of new nodes, [K, P]; label -1 = not remembered."""
        classes, kept = len(self.seen), self.loss.momentum
        # Those that take no part, whose label is -1, come together in the last row.
        total = u.new_zeros(classes + 1, u.shape[1]).index_add_(0, label % (classes + 1), u)[:-1]
        new = one_hot(label % (classes + 1), classes + 1)[:, :-1].sum(0) > 0
        moved = kept * self.mean + (1 - kept) * normalize(total, dim=1)
        self.mean.copy_(torch.where(new.unsqueeze(1), normalize(moved, dim=1), self.mean))
        self.seen |= new
