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
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize, one_hot

from ariigcn.models.config import LossConfig
from ariigcn.models.parts.remembered import Remembered


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


class Prototypes(Remembered):
    """A moving mean of the nodes of each of C emotions, and the loss against them.

    Shapes:
        mean: [C, P], l2-normalised; seen: bool [C]; margins: [C].
    """

    mean: Tensor
    seen: Tensor
    margins: Tensor

    def __init__(self, classes: int, size: int, loss: PrototypeLoss) -> None:
        super().__init__(classes, loss.balance)
        self.loss = loss
        self.register_buffer("mean", torch.zeros(classes, size))
        self.register_buffer("seen", torch.zeros(classes, dtype=torch.bool))
        self.register_buffer("margins", torch.zeros(classes))

    def fit(self, label: Tensor) -> None:
        """Learn how rare each emotion is, and how wide its margin, from the training labels, int64 [n]."""
        super().fit(label)
        count = torch.bincount(label[label >= 0], minlength=len(self.seen)).clamp_min(1)
        rarity = count.double() ** -0.25
        self.margins.copy_(self.loss.margin * rarity / rarity.max())

    @property
    def known(self) -> Tensor:
        """Which emotions have a prototype."""
        return self.seen

    def compare(self, u: Tensor, own: Tensor, takes_part: Tensor) -> Tensor:
        """Cross-entropy of each node among the prototypes."""
        # Copies: the memory moves before the backward pass, which still needs what it was.
        seen, mean = self.seen.clone(), self.mean.clone()
        margin = one_hot(own, len(seen)) * self.margins[own].unsqueeze(1)
        logits = (u @ mean.T - margin) / self.loss.temperature
        # Only emotions that have a prototype compete; a node whose own has none counts for nothing.
        logits = logits.masked_fill(~seen & takes_part.unsqueeze(1), float("-inf"))
        return cross_entropy(logits, own, reduction="none")

    @torch.no_grad()
    def remember(self, u: Tensor, label: Tensor) -> None:
        """Move the prototypes toward the mean of new nodes, [K, P]; label -1 = not remembered."""
        classes, kept = len(self.seen), self.loss.momentum
        # Those that take no part, whose label is -1, come together in the last row.
        total = u.new_zeros(classes + 1, u.shape[1]).index_add_(0, label % (classes + 1), u)[:-1]
        new = self.members(label).sum(0) > 0
        moved = kept * self.mean + (1 - kept) * normalize(total, dim=1)
        self.mean.copy_(torch.where(new.unsqueeze(1), normalize(moved, dim=1), self.mean))
        self.seen |= new
