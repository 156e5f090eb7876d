"""Tri-modal adversarial representation (METHOD section 3): a generator and a discriminator a modality."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from ariigcn.models.layers import Dropout, ModalityLinear, ModalityNorm


class Generators(nn.Module):
    r"""z^m = G_m(h^m): a residual MLP a modality [ours: residual, so that G starts near identity].

    Shapes:
        [M, n, H] -> [M, n, H].
    """

    def __init__(self, modalities: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.first = ModalityLinear(modalities, hidden, hidden)
        self.second = ModalityLinear(modalities, hidden, hidden)
        self.dropout = Dropout(dropout)
        self.norm = ModalityNorm(modalities, hidden)

    def forward(self, h: Tensor) -> Tensor:
        """Carry each modality into the common ground."""
        inner = self.dropout(nn.functional.gelu(self.first(h)))
        return self.norm(h + self.second(inner))


class Discriminators(nn.Module):
    r"""D_m: R^H -> logit "this came from modality m".

    Every discriminator judges every modality's representation.

    Shapes:
        [M, n, H] -> logits [M, M, n]: entry [d, m] is what D_d says of modality m.
    """

    def __init__(self, modalities: int, hidden: int) -> None:
        super().__init__()
        self.first = ModalityLinear(modalities, hidden, hidden // 2)
        self.second = ModalityLinear(modalities, hidden // 2, 1)

    def forward(self, z: Tensor) -> Tensor:
        """Judge n representations of each of M modalities."""
        modalities, nodes, hidden = z.shape
        everyone = z.reshape(1, modalities * nodes, hidden).expand(modalities, -1, -1)
        inner = nn.functional.leaky_relu(self.first(everyone), 0.2)
        return self.second(inner).view(modalities, modalities, nodes)


@dataclass(frozen=True)
class DiscriminatorReport:
    """L_D, and each discriminator's balanced accuracy at real against fake, [M]; 0.5 = aligned."""

    loss: Tensor
    accuracy: Tensor


def discriminator_loss(logits: Tensor, mask: Tensor, smoothing: float = 0.0) -> DiscriminatorReport:
    r"""L_D = sum_m [ BCE(D_m(z^m), 1) + sum_{m' != m} BCE(D_m(z^{m'}), 0) ].

    Args:
        logits: [M, M, n] of :class:`Discriminators` on detached representations.
        mask: bool [n, M]; masked nodes take no part.
        smoothing: one-sided label smoothing of the real side [ours].
    """
    real, weight = _pairs(logits, mask)
    target = real * (1 - smoothing)
    loss = _pair_sum(logits, target.expand_as(logits), weight)
    right = ((logits > 0) == (real > 0.5)).float() * weight
    per_pair = right.sum(-1) / weight.sum(-1).clamp_min(1)
    diagonal = per_pair.diagonal()
    fakes = (per_pair.sum(1) - diagonal) / max(len(per_pair) - 1, 1)
    return DiscriminatorReport(loss, ((diagonal + fakes) / 2).detach())


def generator_loss(logits: Tensor, mask: Tensor) -> Tensor:
    r"""L_G = sum_m sum_{m' != m} BCE(D_m(z^{m'}), 1), D frozen; masked nodes take no part."""
    real, weight = _pairs(logits, mask)
    return _pair_sum(logits, torch.ones_like(logits), weight * (1 - real))


def _pairs(logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Where D_d judges its own modality, [M, M, 1], and which nodes count, [M, M, n]."""
    real = torch.eye(len(logits), device=logits.device).unsqueeze(-1)
    weight = mask.T.float().unsqueeze(0).expand_as(logits)
    return real, weight


def _pair_sum(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Sum over (D, modality) pairs of the mean BCE over the nodes that count."""
    each = binary_cross_entropy_with_logits(logits, target, reduction="none")
    counts = weight.sum(-1).clamp_min(1)
    return ((each * weight).sum(-1) / counts).sum()
