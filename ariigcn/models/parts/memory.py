r"""ICCL against a memory of recent nodes: as many of every emotion, whatever the batch holds [ours].

After cross-batch memory (Wang et al., CVPR 2020): nodes are kept as they were when a batch held them,
since projections move slowly; a second, momentum-encoded network would double the work. Each emotion has a
ring of its own, so that rare emotions are not pushed out by neutral ones. A batch costs its nodes times
the memory.

The loss of a node is supervised contrast (Khosla et al., NeurIPS 2020) with the memory's nodes:
:math:`\log \sum_k e^{s_k / \tau} - \frac{1}{|P|} \sum_{k \in P} s_k / \tau`, P the remembered nodes of its
emotion. Every emotion has the same share of the first sum.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ariigcn.core.balance import frequency_weights
from ariigcn.models.config import LossConfig


class NodeMemory(nn.Module):
    """The last nodes of each of C emotions, and the loss against them.

    The memory is state: it is in every checkpoint, and every process of a run updates its own copy
    from the nodes of the whole batch.

    Shapes:
        nodes: [C, Q, P], l2-normalised; seen: int64 [C], how many an emotion has ever had; weights: [C].
    """

    nodes: Tensor
    seen: Tensor
    weights: Tensor

    def __init__(self, classes: int, size: int, config: LossConfig) -> None:
        super().__init__()
        self.temperature, self.balance = config.temperature, config.prototype_balance
        self.register_buffer("nodes", torch.zeros(classes, config.memory, size))
        self.register_buffer("seen", torch.zeros(classes, dtype=torch.long))
        self.register_buffer("weights", torch.ones(classes))

    def fit(self, label: Tensor) -> None:
        """Learn how rare each emotion is from the training split's labels, int64 [n]."""
        self.weights.copy_(frequency_weights(label, len(self.seen), self.balance))

    def forward(self, u: Tensor, label: Tensor) -> Tensor:
        """The loss of some nodes; in training, they are remembered afterwards.

        Args:
            u: l2-normalised nodes, [K, P].
            label: int64 [K]; -1 = takes no part, as a node of an emotion that is not remembered yet.

        Returns:
            A scalar, []: the weighted mean over nodes; zero where there is none.
        """
        classes, kept, _ = self.nodes.shape
        count = self.seen.clamp_max(kept)
        filled = torch.arange(kept, device=u.device) < count.unsqueeze(1)
        own = label.clamp_min(0)
        takes_part = (label >= 0) & (count[own] > 0)
        # A copy: the memory moves below, and the gradient still needs what it was.
        s = u @ self.nodes.clone().flatten(0, 1).T / self.temperature
        every = s.masked_fill(~filled.flatten() & takes_part.unsqueeze(1), -torch.inf).logsumexp(1)
        per_emotion = (s.unflatten(1, (classes, kept)) * filled).sum(2) / count.clamp_min(1)
        each = every - per_emotion.gather(1, own.unsqueeze(1)).squeeze(1)
        weight = self.weights[own] * takes_part
        loss = (each * weight).sum() / weight.sum().clamp_min(1e-12)
        if self.training:
            self.remember(u.detach(), label)
        return loss

    @torch.no_grad()
    def remember(self, u: Tensor, label: Tensor) -> None:
        """Write new nodes, [K, P], over the oldest of their emotions; label -1 = not remembered."""
        classes, kept, _ = self.nodes.shape
        belongs = one_hot(label % (classes + 1), classes + 1)[:, :-1]
        turn = belongs.cumsum(0)  # of an emotion's nodes, each one's number, from 1
        number = (turn * belongs).sum(1) - 1
        total = belongs.sum(0)
        own = label.clamp_min(0)
        # Of more than fit, the last ones stay: no place is written twice.
        stays = (label >= 0) & (number >= total[own] - kept)
        place = own * kept + (self.seen[own] + number) % kept
        # Those that do not stay are written to a row that is cut off: no size depends on a label.
        target = torch.where(stays, place, classes * kept)
        rows = torch.cat([self.nodes.flatten(0, 1), u.new_zeros(1, u.shape[1])])
        rows[target] = u
        self.nodes.copy_(rows[:-1].view_as(self.nodes))
        self.seen += total
