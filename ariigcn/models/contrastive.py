r"""The two contrastive streams on node representations (METHOD section 5).

Nodes are utterances seen through one modality. Cosine similarity :math:`s_{ij}` of projected,
l2-normalised nodes; y emotion, m modality:

- **IMCL**, intra-/inter-modal: positives share the emotion across *different* modalities, negatives
  differ in emotion within the *same* modality [paper].
- **ICCL**, intra-/inter-class: positives share the emotion, negatives do not, whatever the modality
  [paper].

Forms [ours in detail]: ``hinge`` is mean over positives of :math:`1 - s` plus mean over negatives of
:math:`\max(0, s - (1 - \beta))`; ``infonce`` averages, over positive pairs, one positive against the
anchor's negatives; ``supcon`` puts all of an anchor's pairs in the denominator. Unlabelled and masked
nodes take no part. Similarities are formed a block of rows at a time: memory is linear in the nodes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

ROWS = 512


@dataclass(frozen=True)
class PairLoss:
    """The form of a stream, with its margin or temperature."""

    form: str
    margin: float
    temperature: float

    def __call__(self, s: Tensor, positive: Tensor, negative: Tensor, counts: "Counts") -> Tensor:
        """A block's share of the loss: s, positive, negative are [rows, K]."""
        forms: dict[str, Callable[[Tensor, Tensor, Tensor, Counts], Tensor]] = {
            "hinge": self._hinge,
            "infonce": self._infonce,
            "supcon": self._supcon,
        }
        return forms[self.form](s, positive, negative, counts)

    def _hinge(self, s: Tensor, positive: Tensor, negative: Tensor, counts: "Counts") -> Tensor:
        attract = ((1 - s) * positive).sum() / counts.positives
        repel = ((s - (1 - self.margin)).clamp_min(0) * negative).sum() / counts.negatives
        return attract + repel

    def _infonce(self, s: Tensor, positive: Tensor, negative: Tensor, counts: "Counts") -> Tensor:
        s = s / self.temperature
        against = s.masked_fill(~negative, float("-inf")).logsumexp(1, keepdim=True)
        each = torch.logaddexp(s, against) - s
        return (each * positive).sum() / counts.positives

    def _supcon(self, s: Tensor, positive: Tensor, negative: Tensor, counts: "Counts") -> Tensor:
        s = s / self.temperature
        own = positive.sum(1)
        every = s.masked_fill(~(positive | negative), float("-inf")).logsumexp(1, keepdim=True)
        each = torch.where(positive, every - s, 0.0).sum(1) / own.clamp_min(1)
        return each.sum() / counts.anchors


@dataclass(frozen=True)
class Counts:
    """How many pairs, and anchors with a positive, a stream has in the batch; at least 1 each."""

    positives: float
    negatives: float
    anchors: float


@dataclass(frozen=True)
class Stream:
    """Which pairs of nodes are positive and which negative, from labels and modalities alone."""

    within_modality_negatives: bool

    def pairs(self, rows: slice, label: Tensor, modality: Tensor) -> tuple[Tensor, Tensor]:
        """Positive and negative pairs of a block of rows with all K nodes, bool [rows, K]."""
        same = label[rows, None] == label
        if self.within_modality_negatives:
            alike = modality[rows, None] == modality
            return same & ~alike, ~same & alike
        index = torch.arange(len(label), device=label.device)
        return same & (index[rows, None] != index), ~same

    def counts(self, label: Tensor, modality: Tensor) -> Counts:
        """Numbers of pairs by counting labels and modalities, without forming a pair."""
        table = torch.zeros(
            int(label.max()) + 1, int(modality.max()) + 1, dtype=torch.float64, device=label.device
        )
        table.index_put_((label, modality), table.new_ones(()), accumulate=True)
        per_class, per_modality = table.sum(1, keepdim=True), table.sum(0, keepdim=True)
        if self.within_modality_negatives:
            own_positives = per_class - table
            own_negatives = per_modality - table
        else:
            own_positives = (per_class - 1).expand_as(table)
            own_negatives = (table.sum() - per_class).expand_as(table)
        return Counts(
            positives=max(float((table * own_positives).sum()), 1.0),
            negatives=max(float((table * own_negatives).sum()), 1.0),
            anchors=max(float(table[own_positives > 0].sum()), 1.0),
        )


IMCL = Stream(within_modality_negatives=True)
ICCL = Stream(within_modality_negatives=False)


def contrastive_losses(
    u: Tensor, label: Tensor, modality: Tensor, loss: PairLoss, streams: dict[str, Stream]
) -> dict[str, Tensor]:
    """Each stream's loss over all pairs of K nodes, exact, in memory linear in K.

    Args:
        u: l2-normalised nodes, [K, P].
        label: emotion of each node, [K], none negative.
        modality: [K].
        loss: the form.
        streams: name -> stream.

    Returns:
        name -> scalar; zero where there is fewer than one pair.
    """
    if len(u) < 2:
        return {name: u.sum() * 0 for name in streams}
    counts = {name: stream.counts(label, modality) for name, stream in streams.items()}

    def block(u_rows: Tensor, u_all: Tensor, rows: slice) -> Tensor:
        s = u_rows @ u_all.T
        return torch.stack(
            [
                loss(s, *stream.pairs(rows, label, modality), counts[name])
                for name, stream in streams.items()
            ]
        )

    totals: Tensor = _RowBlocks.apply(u, block, len(streams))
    return dict(zip(streams, totals.unbind(), strict=True))


class _RowBlocks(torch.autograd.Function):
    """Sum of a function over blocks of rows, with its gradient taken block by block.

    Both are made in the forward pass, so that no block outlives its turn: saved for the backward
    pass are one gradient of u a loss, [L, K, P], and no similarity matrix.
    """

    @staticmethod
    def forward(ctx: Any, u: Tensor, block: Callable[..., Tensor], losses: int) -> Tensor:
        total = u.new_zeros(losses)
        gradient = u.new_zeros(losses, *u.shape)
        with torch.enable_grad():
            everyone = u.detach().requires_grad_()
            for start in range(0, len(u), ROWS):
                rows = slice(start, min(start + ROWS, len(u)))
                values = block(everyone[rows], everyone, rows)
                total += values.detach()
                if not ctx.needs_input_grad[0]:
                    continue
                for index in range(losses):
                    (part,) = torch.autograd.grad(values[index], everyone, retain_graph=True)
                    gradient[index] += part
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return torch.einsum("l,lkp->kp", outer[0], gradient), None, None
