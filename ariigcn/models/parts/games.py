r"""What generators and discriminators play for (METHOD section 3), and two later forms of it [ours].

``classic`` is the paper's: :math:`L_D = \sum_m [BCE(D_m(z^m), 1) + \sum_{m' \ne m} BCE(D_m(z^{m'}), 0)]`
and :math:`L_G = \sum_m \sum_{m' \ne m} BCE(D_m(z^{m'}), 1)`, D frozen. ``hinge`` (Lim and Ye, 2017)
leaves what is right by a margin of 1 alone; its generators climb the logits. ``relativistic``
(Jolicoeur-Martineau, ICLR 2019; in pairs, as Huang et al., NeurIPS 2024) compares two modalities of one
utterance: :math:`D_m(z^{m'}) - D_m(z^m)` takes the place of the fakes' logit, and nothing that of the own.
"""

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ariigcn.models.base import DiscriminatorReport
from ariigcn.models.config import DiscriminatorConfig
from ariigcn.models.parts.adversarial import Discriminators


def judge(
    discriminators: Discriminators, z: Tensor, mask: Tensor, config: DiscriminatorConfig
) -> DiscriminatorReport:
    """The discriminators' own loss on representations that take no gradient, [M, n, H]."""
    z = z.detach().requires_grad_(config.gradient_penalty > 0)
    logits = discriminators(z)
    report = discriminator_loss(logits, mask, config)
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


def discriminator_loss(
    logits: Tensor, mask: Tensor, config: DiscriminatorConfig | None = None
) -> DiscriminatorReport:
    """L_D.

    Args:
        logits: [M, M, n] of :class:`Discriminators` on detached representations.
        mask: bool [n, M]; masked nodes take no part.
        config: the game, and one-sided label smoothing of the real side [ours].
    """
    config = config or DiscriminatorConfig()
    said, real, weight = _sides(logits, mask, config.game)
    if config.game == "hinge":
        each = torch.relu(1 - (2 * real - 1) * said)
    else:
        target = (real * (1 - config.label_smoothing)).expand_as(said)
        each = binary_cross_entropy_with_logits(said, target, reduction="none")
    right = ((said > 0) == (real > 0.5)).float() * weight
    # Of a modality without a node in the batch there is nothing to be right about: 0 / 0.
    per_pair = right.sum(-1) / weight.sum(-1)
    fakes = per_pair.masked_fill(real.squeeze(-1).bool(), float("nan")).nanmean(1)
    own = fakes if config.game == "relativistic" else per_pair.diagonal()
    return DiscriminatorReport(_pair_sum(each, weight), ((own + fakes) / 2).detach())


def generator_loss(logits: Tensor, mask: Tensor, game: str = "classic") -> Tensor:
    """L_G.

    Args:
        logits: [M, M, n] of frozen :class:`Discriminators`.
        mask: bool [n, M]; masked nodes take no part.
        game: its form.

    Returns:
        A scalar, [].
    """
    said, real, weight = _sides(logits, mask, game)
    if game == "hinge":
        each = -said
    else:
        each = binary_cross_entropy_with_logits(said, torch.ones_like(said), reduction="none")
    return _pair_sum(each, weight * (1 - real))


def _sides(logits: Tensor, mask: Tensor, game: str) -> tuple[Tensor, Tensor, Tensor]:
    """What is judged, [M, M, n]; where D_d judges its own modality, [M, M, 1]; what counts, [M, M, n]."""
    real = torch.eye(len(logits), device=logits.device).unsqueeze(-1)
    there = mask.T.float()
    if game != "relativistic":
        return logits, real, there.unsqueeze(0).expand_as(logits)
    both = there.unsqueeze(0) * there.unsqueeze(1) * (1 - real)
    return logits - logits.diagonal().T.unsqueeze(1), real, both


def _pair_sum(each: Tensor, weight: Tensor) -> Tensor:
    """Sum over (D, modality) pairs of the mean over the nodes that count."""
    counts = weight.sum(-1).clamp_min(1)
    return ((each * weight).sum(-1) / counts).sum()
