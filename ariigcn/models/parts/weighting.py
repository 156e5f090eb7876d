"""Weights of the loss's terms that the training finds itself [ours, an option].

Homoscedastic uncertainty (Kendall et al., CVPR 2018): each term has a learned log-variance s, and counts
:math:`w (e^{-s} L + s)` with its configured weight w. A term that stays large loses weight, one that is
already small gains it; s is bounded, since a term that reaches zero would otherwise gain without end.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

TERMS = (
    "loss_cls",
    "loss_imcl",
    "loss_iccl",
    "loss_adv",
    "loss_orthogonality",
    "loss_reconstruction",
)
BOUND = 3.0  # of s: a weight stays within a factor of 20 of the configured one


class UncertaintyWeights(nn.Module):
    """A learned log-variance for each of :data:`TERMS`."""

    def __init__(self) -> None:
        super().__init__()
        self.log_variance = nn.Parameter(torch.zeros(len(TERMS)))

    def forward(self, terms: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
        """The joint loss, a scalar [].

        Args:
            terms: name -> value, [], of the terms that the loss has.
            weights: name -> configured weight; 1 where none is named.
        """
        places = [TERMS.index(name) for name in terms]
        bounded = BOUND * torch.tanh(self.log_variance[places] / BOUND)
        each = [
            weights.get(name, 1.0) * (torch.exp(-s) * value + s)
            for s, (name, value) in zip(bounded, terms.items(), strict=True)
        ]
        return torch.stack(each).sum()
