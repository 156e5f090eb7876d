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
from torch import Tensor

from ariigcn.models.config import LossConfig
from ariigcn.models.parts.remembered import Remembered


class NodeMemory(Remembered):
    """The last nodes of each of C emotions, and the loss against them.

    Shapes:
        nodes: [C, Q, P], l2-normalised; seen: int64 [C], how many an emotion has ever had.
    """

    nodes: Tensor
    seen: Tensor

    def __init__(self, classes: int, size: int, config: LossConfig) -> None:
        super().__init__(classes, config.prototype_balance)
        self.temperature = config.temperature
        self.register_buffer("nodes", torch.zeros(classes, config.memory, size))
        self.register_buffer("seen", torch.zeros(classes, dtype=torch.long))

    @property
    def known(self) -> Tensor:
        """Of which emotions a node has been seen."""
        return self.seen > 0

    def compare(self, u: Tensor, own: Tensor, takes_part: Tensor) -> Tensor:
        """Supervised contrast of each node with the memory."""
        classes, kept, _ = self.nodes.shape
        count = self.seen.clamp_max(kept)
        filled = torch.arange(kept, device=u.device) < count.unsqueeze(1)
        # A copy: the memory moves before the backward pass, which still needs what it was.
        s = u @ self.nodes.clone().flatten(0, 1).T / self.temperature
        every = s.masked_fill(~filled.flatten() & takes_part.unsqueeze(1), -torch.inf).logsumexp(1)
        per_emotion = (s.unflatten(1, (classes, kept)) * filled).sum(2) / count.clamp_min(1)
        return every - per_emotion.gather(1, own.unsqueeze(1)).squeeze(1)

    @torch.no_grad()
    def remember(self, u: Tensor, label: Tensor) -> None:
        """Write new nodes, [K, P], over the oldest of their emotions; label -1 = not remembered."""
        classes, kept, _ = self.nodes.shape
        belongs = self.members(label)
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
