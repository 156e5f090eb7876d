r"""The two contrastive streams on node representations (METHOD section 5).

Nodes are utterances seen through one modality. Cosine similarity :math:`s_{ij}` of projected,
l2-normalised nodes; which pairs are positive and which negative stands in
:mod:`ariigcn.models.parts.pairs`.

Forms [ours in detail]: ``hinge`` is mean over positives of :math:`1 - s` plus mean over negatives of
:math:`\max(0, s - (1 - \beta))`; ``infonce`` averages, over positive pairs, one positive against the
anchor's negatives; ``supcon`` puts all of an anchor's pairs in the denominator. Unlabelled and masked
nodes take no part. Similarities are formed a block of rows at a time: memory is linear in the nodes.

Time is quadratic in them, up to a bound on pairs. Above it, a uniform sample of nodes stands for all
[ours]: each of its nodes with all of its pairs, the sums times all nodes over the sample. Every form is a
sum over nodes of what each has with all others, divided by counts that stay exact; so the values and
the gradients are unbiased in every form. Sampled negatives would not be: the log of a sampled sum is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ariigcn.graphs.dialogues import to_device
from ariigcn.models.parts.pairs import Counts, Nodes, Rows, Stream

ROWS = 512


@dataclass(frozen=True)
class PairLoss:
    """The form of a stream, with its margin or temperature."""

    form: str
    margin: float
    temperature: float

    def __call__(self, s: Tensor, positive: Tensor, negative: Tensor, counts: Counts) -> Tensor:
        """A block's share of the loss: s, positive, negative are [rows, K]."""
        forms: dict[str, Callable[[Tensor, Tensor, Tensor, Counts], Tensor]] = {
            "infonce": self._infonce,
            "supcon": self._supcon,
        }
        return forms[self.form](s, positive, negative, counts)

    def _infonce(self, s: Tensor, positive: Tensor, negative: Tensor, counts: Counts) -> Tensor:
        s = s / self.temperature
        against = s.masked_fill(~negative, float("-inf")).logsumexp(1, keepdim=True)
        each = torch.logaddexp(s, against) - s
        return (each * positive).sum() / counts.positives

    def _supcon(self, s: Tensor, positive: Tensor, negative: Tensor, counts: Counts) -> Tensor:
        s = s / self.temperature
        own = positive.sum(1)
        every = s.masked_fill(~(positive | negative), float("-inf")).logsumexp(1, keepdim=True)
        each = torch.where(positive, every - s, 0.0).sum(1) / own.clamp_min(1)
        return each.sum() / counts.anchors


def contrastive_losses(
    u: Tensor,
    label: Tensor,
    classes: int,
    loss: PairLoss,
    streams: dict[str, Stream],
    *,
    pairs: int | None = None,
) -> dict[str, Tensor]:
    """Each stream's loss over all pairs of nodes, in memory linear in them.

    Args:
        u: l2-normalised nodes, [M, n, P].
        label: emotion of each node, [M, n]; -1 = takes no part.
        classes: C.
        loss: the form.
        streams: name -> stream.
        pairs: where K nodes have more pairs (K * K), they are sampled; drawn from torch's global
            generator on the CPU. None: no bound.

    Returns:
        name -> scalar; zero where there is no pair.
    """
    takes_part = label >= 0
    modality = torch.arange(len(u), device=u.device).repeat_interleave(u.shape[1])
    sizes = [u.shape[1]] * len(u)
    nodes = Nodes(label.flatten(), modality, sizes, classes)
    u = (u * takes_part.unsqueeze(-1)).flatten(0, 1)
    if u.device.type == "cpu":  # elsewhere, to ask how many take part is to wait for the device
        u, nodes = _without_others(u, nodes)
    if len(u) < 2:
        return {name: u.sum() * 0 for name in streams}
    sample = _sample(len(u), pairs)
    if loss.form == "hinge":
        return _hinge_losses(u, nodes, sample, 1 - loss.margin, streams)
    counts = {name: stream.counts(nodes, u.dtype) for name, stream in streams.items()}

    def block(u_rows: Tensor, u_all: Tensor, rows: Rows) -> Tensor:
        s = u_rows @ u_all.T
        return torch.stack(
            [loss(s, *stream.pairs(rows, nodes), counts[name]) for name, stream in streams.items()]
        )

    totals: Tensor = _RowBlocks.apply(u, block, sample, len(streams))
    return dict(zip(streams, totals.unbind(), strict=True))


def _sample(count: int, pairs: int | None) -> Tensor | None:
    """Nodes whose pairs with all of ``count`` keep to the bound, int64 [S] on the CPU; None: all."""
    if pairs is None or count**2 <= pairs:
        return None
    return torch.randperm(count)[: max(1, pairs // count)].sort().values


def _without_others(u: Tensor, nodes: Nodes) -> tuple[Tensor, Nodes]:
    """The nodes that take part alone."""
    takes_part = nodes.label >= 0
    sizes = [int(part.sum()) for part in takes_part.split(nodes.sizes)]
    label, modality = nodes.label[takes_part], nodes.modality[takes_part]
    return u[takes_part], Nodes(label, modality, sizes, nodes.classes, all_take_part=True)


def _hinge_losses(
    u: Tensor, nodes: Nodes, sample: Tensor | None, threshold: float, streams: dict[str, Stream]
) -> dict[str, Tensor]:
    """The hinge form: attraction from sums over groups, repulsion from pairs.

    Attraction is linear in s, so that the sum over all positive pairs follows from the sum of the
    nodes of each emotion and modality, at a cost linear in K; it is exact where repulsion is sampled.
    """
    table = nodes.sums(u)
    per_class = table.sum(1).square().sum()
    everyone, within = _Repulsion.apply(u, nodes, sample, threshold)
    losses = {}
    for name, stream in streams.items():
        only_modal = stream.within_modality_negatives
        alone = table.square().sum() if only_modal else u.square().sum()
        count = stream.counts(nodes, u.dtype)
        attract = (count.positive_pairs - (per_class - alone)) / count.positives
        losses[name] = attract + (within if only_modal else everyone) / count.negatives
    return losses


class _Repulsion(torch.autograd.Function):
    r"""Sums of :math:`\max(0, s_{ij} - \theta)` over pairs that differ in emotion: of all modalities,
    and of the same modality.

    Both sums share every similarity, and s is symmetric: one product for the values and one for the
    gradient of all pairs, a block of rows at a time, where :class:`_RowBlocks` needs two a stream. Where
    nodes are sampled, all nodes are compared with them: the gradient reaches every node, and is an
    estimate of the exact one, not the derivative of the estimated value.
    """

    @staticmethod
    def forward(
        ctx: Any, u: Tensor, nodes: Nodes, sample: Tensor | None, threshold: float
    ) -> tuple[Tensor, Tensor]:
        """u [K, P]."""
        others, v = nodes, u
        if sample is not None:
            others, v = nodes.sample(sample), u[to_device(sample, u.device)]
        ctx.scale = len(u) / len(v)
        everyone, within = u.new_zeros(()), u.new_zeros(())
        gradients = u.new_zeros(2, *u.shape)
        for part, own in zip(nodes.parts, others.parts, strict=True):
            for start in range(part.start, part.stop, ROWS):
                rows = slice(start, min(start + ROWS, part.stop))
                excess = (u[rows] @ v.T).sub_(threshold).clamp_min_(0)
                excess.mul_(nodes.repelled(rows, others, u.dtype))
                everyone += excess.sum()
                within += excess[:, own].sum()
                excess.sign_()
                torch.mm(excess, v, out=gradients[0, rows])
                torch.mm(excess[:, own], v[own], out=gradients[1, rows])
        ctx.save_for_backward(gradients)
        return ctx.scale * everyone, ctx.scale * within

    @staticmethod
    @once_differentiable  # the gradient is made by hand: its own would be wrong without a word
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None, None]:
        (gradients,) = ctx.saved_tensors
        # Each pair was counted from both of its ends.
        gradient = 2 * ctx.scale * (outer[0] * gradients[0] + outer[1] * gradients[1])
        return gradient, None, None, None


class _RowBlocks(torch.autograd.Function):
    """Sum of a function over blocks of rows, all or a sample, with its gradient taken block by block.

    Both are made in the forward pass, so that no block outlives its turn: saved for the backward
    pass are one gradient of u a loss, [L, K, P], and no similarity matrix.
    """

    @staticmethod
    def forward(
        ctx: Any, u: Tensor, block: Callable[..., Tensor], sample: Tensor | None, losses: int
    ) -> Tensor:
        every: list[Rows] = [slice(i, min(i + ROWS, len(u))) for i in range(0, len(u), ROWS)]
        ctx.scale = 1.0
        if sample is not None:
            every = [*to_device(sample, u.device).split(ROWS)]
            ctx.scale = len(u) / len(sample)
        total = u.new_zeros(losses)
        gradient = u.new_zeros(losses, *u.shape)
        with torch.enable_grad():
            everyone = u.detach().requires_grad_()
            for rows in every:
                values = block(everyone[rows], everyone, rows)
                total += values.detach()
                if not ctx.needs_input_grad[0]:
                    continue
                for index in range(losses):
                    (part,) = torch.autograd.grad(values[index], everyone, retain_graph=True)
                    gradient[index] += part
        ctx.save_for_backward(gradient)
        return ctx.scale * total

    @staticmethod
    @once_differentiable  # the gradient is made by hand: its own would be wrong without a word
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return torch.einsum("l,lkp->kp", ctx.scale * outer[0], gradient), None, None, None
