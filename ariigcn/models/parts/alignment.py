"""Alignment of modalities without discriminators that are trained beside them [ours].

The paper's game (:mod:`ariigcn.models.parts.adversarial`) has opponents that learn, and on corpora of
this field they either win or lag behind (docs/results.md). Here the opponent is one network with
gradient reversal (:class:`Critic`), or is at its best in every step, since it has a closed form: a
kernel's witness (:func:`discrepancy_loss`) and a linear critic (:func:`linear_critic_loss`).
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ariigcn.models.parts.layers import single_precision

NODES = 256  # nodes a modality that a kernel compares
RIDGE = 1e-2  # of the mean variance


class Critic(nn.Module):
    """One network that names the modality of a representation; what it reads learns to deceive it.

    Gradient reversal (Ganin et al., JMLR 2016): the network descends its loss, the representations
    climb it, in one step.

    Shapes:
        z [M, n, S], mask bool [n, M] -> loss [].
    """

    def __init__(self, modalities: int, size: int, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(size, hidden), nn.GELU(), nn.Linear(hidden, modalities)
        )

    def forward(self, z: Tensor, mask: Tensor) -> Tensor:
        """Mean over modalities of the cross-entropy of their nodes."""
        reversed_z: Tensor = _Reversed.apply(z)
        logits = self.layers(reversed_z)
        modality = torch.arange(len(z), device=z.device).unsqueeze(1).expand(z.shape[:2])
        each = cross_entropy(logits.flatten(0, 1), modality.flatten(), reduction="none")
        return (each * shares(mask).flatten()).sum()


class _Reversed(torch.autograd.Function):
    """The identity whose gradient is turned around."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> Tensor:
        return -outer[0]


def shares(mask: Tensor) -> Tensor:
    """Weights of nodes by which each modality that has some counts alike, sum 1 or 0; [n, M] -> [M, n]."""
    there = mask.T.float()
    count = there.sum(1, keepdim=True)
    return there / count.clamp_min(1) / (count > 0).sum().clamp_min(1)


def _single(z: Tensor) -> Tensor:
    """At least in single precision: sums of many terms are made here."""
    return z.to(torch.promote_types(z.dtype, torch.float32))


def discrepancy_loss(z: Tensor, mask: Tensor) -> Tensor:
    """Squared maximum mean discrepancy, summed over pairs of modalities (Gretton et al., JMLR 2012).

    The mean of three Gaussian kernels around the nodes' mean squared distance; the biased estimate.
    It is quadratic in the nodes, so of more than :data:`NODES` a modality evenly spaced ones are read.

    Args:
        z: [M, n, S].
        mask: bool [n, M]; masked nodes take no part.

    Returns:
        A scalar, [].
    """
    step = -(-z.shape[1] // NODES)
    z, mask = z[:, ::step], mask[::step]
    with single_precision(z.device):
        nodes, count = _single(z).flatten(0, 1), z.shape[1]
        there = mask.T.to(nodes.dtype)
        weight = (there / there.sum(1, keepdim=True).clamp_min(1)).flatten()
        norms = nodes.square().sum(1)
        squared = (norms[:, None] + norms - 2 * nodes @ nodes.T).clamp_min(0)
        share = weight / weight.sum().clamp_min(1)
        typical = (share @ squared @ share).detach().clamp_min(1e-6)
        wide = torch.exp(-squared / (2 * typical))
        kernel = (wide + wide**2 + wide**4) / 3 * weight[:, None] * weight
        pairs = kernel.view(len(z), count, len(z), count).sum((1, 3))  # means over pairs, [M, M]
        some = mask.any(0)
        both = (some[:, None] & some).to(pairs.dtype)
        own = pairs.diagonal()
        return (((own[:, None] + own - 2 * pairs) * both).sum()) / 2


def linear_critic_loss(z: Tensor, mask: Tensor) -> Tensor:
    """How well the best linear critic tells the modalities: M - 1 times ridge regression's R².

    It is Fisher's criterion, bounded by M - 1: unlike a kernel of one width it sees small shifts along
    directions of little variance, by which a probe would still tell the modalities.

    Args:
        z: [M, n, S].
        mask: bool [n, M]; masked nodes take no part.

    Returns:
        A scalar, [], 0 = no linear critic tells anything.
    """
    with single_precision(z.device):
        z = _single(z)
        weight = shares(mask).to(z.dtype)
        present = mask.any(0)
        modality_mean = torch.einsum("mnd,mn->md", z, weight)
        share = weight.sum(1, keepdim=True)  # the same for all that are present
        mean = modality_mean.sum(0)
        shift = (modality_mean / share.clamp_min(1e-12) - mean) * present.unsqueeze(1)
        centred = z - mean
        total = torch.einsum("mnd,mn,mne->de", centred, weight, centred)
        eye = torch.eye(z.shape[-1], device=z.device, dtype=z.dtype)
        ridge = RIDGE * total.diagonal().mean().detach().clamp_min(1e-12)
        solved = torch.linalg.solve(total + ridge * eye, shift.T)
        return (shift.T * solved).sum() / present.sum().clamp_min(1)


def orthogonality_loss(z: Tensor, shared: int, mask: Tensor) -> Tensor:
    """Mean squared correlation of shared with private numbers (Bousmalis et al., NeurIPS 2016).

    Args:
        z: [M, n, H]; the first ``shared`` numbers are the shared part.
        shared: S.
        mask: bool [n, M]; masked nodes take no part.

    Returns:
        A scalar, [].
    """
    with single_precision(z.device):
        z = _single(z)
        weight = mask.T.unsqueeze(-1).to(z.dtype)
        mean = (z * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp_min(1)
        unit = nn.functional.normalize((z - mean) * weight, dim=1)
        return (unit[..., :shared].mT @ unit[..., shared:]).square().mean()
