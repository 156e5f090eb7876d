"""What stands in for a missing modality: what the modalities that are there say of it [ours]."""

import torch
from torch import Tensor, nn

from ariigcn.models.parts.layers import single_precision


def mean_of_others(x: Tensor, mask: Tensor) -> Tensor:
    """The mean of the modalities that are there in the place of those that are not.

    Args:
        x: [M, n, S].
        mask: bool [n, M]; of an utterance without any modality, x stays as it is.

    Returns:
        [M, n, S].
    """
    return _filled(x, x.unsqueeze(1), mask)


class PairGenerators(nn.Module):
    r"""A generator for each ordered pair of modalities: what modality a says that modality b would be.

    It is a linear map, as translations between modalities in one space are (after MMIN, Zhao et al.,
    ACL 2021, without its autoencoders), and starts as the identity, so that training starts at
    :func:`mean_of_others`. A missing modality gets the mean over those that are there.

    Shapes:
        x [M, n, S], mask bool [n, M] -> [M, n, S].
    """

    def __init__(self, modalities: int, size: int) -> None:
        super().__init__()
        eye = torch.eye(size).expand(modalities, modalities, size, size)
        self.weight = nn.Parameter(eye.clone())
        self.bias = nn.Parameter(torch.zeros(modalities, modalities, 1, size))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Fill what is missing; what is there stays."""
        return _filled(x, self.each(x), mask)

    def each(self, x: Tensor) -> Tensor:
        """What modality a says of modality b, [M, n, S] -> [a, b, n, S]."""
        weight = self.weight.to(x.dtype)
        return x.unsqueeze(1) @ weight + self.bias.to(x.dtype)

    def reconstruction_loss(self, x: Tensor, mask: Tensor) -> Tensor:
        """Mean squared error of what is said of a modality that is there; it takes no gradient itself.

        Args:
            x: [M, n, S].
            mask: bool [n, M]; masked nodes take no part.

        Returns:
            A scalar, []; zero where no utterance has two modalities.
        """
        with single_precision(x.device):
            error = (self.each(x) - x.detach()).square().mean(-1)
            there = mask.T
            both = there.unsqueeze(1) & there & ~_same(len(x), x.device)
            return (error * both).sum() / both.sum().clamp_min(1)


def _same(modalities: int, device: torch.device) -> Tensor:
    """Where both of a pair are the same modality, bool [M, M, 1]."""
    return torch.eye(modalities, dtype=torch.bool, device=device).unsqueeze(-1)


def _filled(x: Tensor, said: Tensor, mask: Tensor) -> Tensor:
    """x [M, n, S]; said [a, b or 1, n, S]: what a says of b. The mean over those that are there."""
    there = mask.T.unsqueeze(-1)
    weight = there.unsqueeze(1).to(x.dtype)
    mean = (said * weight).sum(0) / weight.sum(0).clamp_min(1)
    return torch.where(there | ~there.any(0, keepdim=True), x, mean)
