"""Tri-modal adversarial representation (METHOD section 3): a generator and a discriminator a modality."""

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils.parametrize import register_parametrization

from ariigcn.models.base import DiscriminatorReport
from ariigcn.models.config import AlignmentConfig, DiscriminatorConfig
from ariigcn.models.parts.layers import Dropout, ModalityLinear, ModalityNorm


class Generators(nn.Module):
    r"""z^m = G_m(h^m): a residual MLP a modality [ours: residual, so that G starts near identity].

    With a shared part (MISA, Hazarika et al., ACM MM 2020) the first S numbers are what the modalities
    are to have in common, and the others what each alone knows. The shared part is normalised by
    itself and has no scale of its modality's own, by which it could be told. Where a modality is
    missing, the mean of the others' shared parts may stand in.

    Args:
        modalities: M.
        hidden: H.
        dropout: share of activations dropped.
        config: the size of the shared part, and what stands in for it.

    Shapes:
        h [M, n, H], mask bool [n, M] -> [M, n, H].
    """

    def __init__(
        self, modalities: int, hidden: int, dropout: float, config: AlignmentConfig
    ) -> None:
        super().__init__()
        self.shared, self.fills = config.shared, config.stand_in == "others"
        self.first = ModalityLinear(modalities, hidden, hidden)
        self.second = ModalityLinear(modalities, hidden, hidden)
        self.dropout = Dropout(dropout)
        self.norm = ModalityNorm(modalities, hidden)

    def forward(self, h: Tensor, mask: Tensor) -> Tensor:
        """Carry each modality into the common ground."""
        inner = self.dropout(nn.functional.gelu(self.first(h)))
        z: Tensor = self.norm(h + self.second(inner))
        if not self.shared:
            return z
        common = nn.functional.layer_norm(z[..., : self.shared], (self.shared,))
        if self.fills:
            common = stand_in(common, mask)
        return torch.cat([common, z[..., self.shared :]], dim=-1)


def stand_in(x: Tensor, mask: Tensor) -> Tensor:
    """The mean of the modalities that are there in the place of those that are not [ours].

    Args:
        x: [M, n, S].
        mask: bool [n, M]; of an utterance without any modality, x stays as it is.

    Returns:
        [M, n, S].
    """
    there = mask.T.unsqueeze(-1)
    weight = there.to(x.dtype)
    mean = (x * weight).sum(0, keepdim=True) / weight.sum(0, keepdim=True).clamp_min(1)
    return torch.where(there | ~there.any(0, keepdim=True), x, mean)


class Discriminators(nn.Module):
    r"""D_m: R^H -> logit "this came from modality m".

    Every discriminator judges every modality's representation.

    Shapes:
        [M, n, H] -> logits [M, M, n]: entry [d, m] is what D_d says of modality m.
    """

    def __init__(self, modalities: int, hidden: int, *, spectral_norm: bool = False) -> None:
        super().__init__()
        self.first = ModalityLinear(modalities, hidden, hidden // 2)
        self.second = ModalityLinear(modalities, hidden // 2, 1)
        if spectral_norm:
            for layer in (self.first, self.second):
                register_parametrization(layer, "weight", SpectralNorm(layer.weight))

    def forward(self, z: Tensor) -> Tensor:
        """Judge n representations of each of M modalities."""
        modalities, nodes, _ = z.shape
        # All discriminators read the same rows: side by side their first layers are one product.
        weight = self.first.weight.transpose(0, 1).flatten(1)
        inner = torch.addmm(self.first.bias.flatten(), z.flatten(0, 1), weight)
        inner = nn.functional.leaky_relu(inner, 0.2).unflatten(1, (modalities, -1))
        return self.second(inner.transpose(0, 1)).view(modalities, modalities, nodes)


class SpectralNorm(nn.Module):
    """Each modality's matrix over its largest singular value (Miyato et al., ICLR 2018).

    One step of power iteration a training pass, from the vector that the last one left; torch's
    own parametrisation takes a stack of matrices for one.

    Shapes:
        [M, I, O] -> [M, I, O].
    """

    left: Tensor

    def __init__(self, weight: Tensor, steps: int = 15) -> None:
        super().__init__()
        start = nn.functional.normalize(torch.randn(weight.shape[0], 1, weight.shape[1]), dim=-1)
        self.register_buffer("left", start)
        for _ in range(steps):
            self._iterate(weight)

    def forward(self, weight: Tensor) -> Tensor:
        """Normalise; the vectors take no gradient."""
        if self.training:
            self._iterate(weight)
        right = self._right(weight.detach())
        return weight / (self.left @ weight @ right.mT)

    @torch.no_grad()
    def _iterate(self, weight: Tensor) -> None:
        right = self._right(weight)
        self.left = nn.functional.normalize(right @ weight.mT, dim=-1)

    def _right(self, weight: Tensor) -> Tensor:
        return nn.functional.normalize(self.left @ weight, dim=-1)


def judge(
    discriminators: Discriminators, z: Tensor, mask: Tensor, config: DiscriminatorConfig
) -> DiscriminatorReport:
    """The discriminators' own loss on representations that take no gradient, [M, n, H]."""
    z = z.detach().requires_grad_(config.gradient_penalty > 0)
    logits = discriminators(z)
    report = discriminator_loss(logits, mask, config.label_smoothing)
    if not config.gradient_penalty:
        return report
    penalty = config.gradient_penalty * gradient_penalty(logits, z, mask)
    return replace(report, loss=report.loss + penalty)


def gradient_penalty(logits: Tensor, z: Tensor, mask: Tensor) -> Tensor:
    r"""R1 (Mescheder et al., ICML 2018): sum_m mean :math:`\frac12 \|\nabla_z D_m(z^m)\|^2`.

    A discriminator that is flat where its own modality lies leaves the generators a way there.
    Without it they lose on small corpora (docs/results.md).

    Args:
        logits: [M, M, n], from z.
        z: [M, n, H], takes a gradient.
        mask: bool [n, M]; masked nodes take no part.
    """
    own = (logits.diagonal().T * mask.T).sum()
    (slope,) = torch.autograd.grad(own, z, create_graph=True)
    return 0.5 * (slope.square().sum((1, 2)) / mask.sum(0).clamp_min(1)).sum()


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
    # Of a modality without a node in the batch there is nothing to be right about: 0 / 0.
    per_pair = right.sum(-1) / weight.sum(-1)
    diagonal = per_pair.diagonal()
    fakes = per_pair.masked_fill(real.squeeze(-1).bool(), float("nan")).nanmean(1)
    return DiscriminatorReport(loss, ((diagonal + fakes) / 2).detach())


def generator_loss(logits: Tensor, mask: Tensor) -> Tensor:
    r"""L_G = sum_m sum_{m' != m} BCE(D_m(z^{m'}), 1), D frozen.

    Args:
        logits: [M, M, n] of :class:`Discriminators`.
        mask: bool [n, M]; masked nodes take no part.

    Returns:
        A scalar, [].
    """
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
