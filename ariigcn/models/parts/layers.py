"""Layers that hold one set of weights a modality and run all modalities as one product; dropout.

A set a modality, nothing shared: METHOD section 2. Norm: Ba et al. 2016. Dropout: Srivastava et al.,
JMLR 2014.
"""

import math
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn


def single_precision(device: torch.device) -> AbstractContextManager[None]:
    """Where sums of many terms are made: no autocast, whatever the training's precision."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    context: AbstractContextManager[None] = torch.autocast(device.type, enabled=False)
    return context


class ModalityLinear(nn.Module):
    r"""An affine map of its own for each of M modalities: :math:`y^m = x^m W^m + b^m`.

    Shapes:
        input [M, n, I] -> output [M, n, O].
    """

    def __init__(self, modalities: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(modalities, inputs, outputs))
        self.bias = nn.Parameter(torch.empty(modalities, 1, outputs))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """As ``torch.nn.Linear``: uniform within one over the root of the inputs."""
        bound = 1 / math.sqrt(self.weight.shape[1])
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """[M, n, I] -> [M, n, O]."""
        return torch.baddbmm(self.bias, x, self.weight)


class ModalityNorm(nn.Module):
    """Layer normalisation over the last dimension with a scale and shift a modality, [M, n, H]."""

    def __init__(self, modalities: int, size: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.empty(modalities, 1, size))
        self.shift = nn.Parameter(torch.empty(modalities, 1, size))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale by one, shift by nothing."""
        nn.init.ones_(self.scale)
        nn.init.zeros_(self.shift)

    def forward(self, x: Tensor) -> Tensor:
        """[M, n, H] -> [M, n, H]."""
        normed = nn.functional.layer_norm(x, x.shape[-1:])
        return torch.addcmul(self.shift, normed, self.scale)


def replaced(x: Tensor, there: Tensor, substitute: Tensor) -> Tensor:
    """x where a modality is there, the substitute elsewhere.

    By products with 0 and 1, which are fast where a choice by booleans is not.

    Shapes:
        x [M, n, H], there bool [n, M], substitute [M, 1 or n, H] -> [M, n, H].
    """
    share = there.T.unsqueeze(-1).to(x.dtype)
    return torch.addcmul(x * share, substitute, 1 - share)


class Dropout(nn.Module):
    """Inverted dropout whose share is rounded to a 256th.

    One 64-bit random number decides eight activations: on a CPU torch's own draws one number an
    activation, which is a twelfth of a training step.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.dropped = round(share * 256)
        if not 0 <= self.dropped < 256:
            raise ValueError(f"dropout of {share}: it must be below 0.998")

    def forward(self, x: Tensor) -> Tensor:
        """[...] -> [...], any shape."""
        if not self.training or self.dropped == 0:
            return x
        if x.device.type != "cpu":
            return nn.functional.dropout(x, self.dropped / 256)
        numbers = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(-(2**63), 2**63 - 1)
        bits = numbers.view(torch.uint8)[: x.numel()].view(x.shape)
        # Compared in place, as bytes: torch's kernels that make or read booleans are slow on a CPU.
        return x * bits.ge_(self.dropped).to(x.dtype).mul_(256 / (256 - self.dropped))
