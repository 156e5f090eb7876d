"""Tri-modal adversarial representation (METHOD section 3): a generator and a discriminator a modality.

What they play for stands in :mod:`ariigcn.models.parts.games`.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from ariigcn.models.config import AlignmentConfig
from ariigcn.models.parts.layers import Dropout, ModalityLinear, ModalityNorm
from ariigcn.models.parts.stand_in import PairGenerators, mean_of_others


class Generators(nn.Module):
    r"""z^m = G_m(h^m): a residual MLP a modality [ours: residual, so that G starts near identity].

    With a shared part (MISA, Hazarika et al., ACM MM 2020) the first S numbers are what the modalities
    are to have in common, and the others what each alone knows. The shared part is normalised by
    itself and has no scale of its modality's own, by which it could be told. Where a modality is
    missing, the others may stand in for what is aligned: by their mean, or by a generator a pair.

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
        size = config.shared or hidden
        self.pairs = PairGenerators(modalities, size) if config.stand_in == "generated" else None
        self.first = ModalityLinear(modalities, hidden, hidden)
        self.second = ModalityLinear(modalities, hidden, hidden)
        self.dropout = Dropout(dropout)
        self.norm = ModalityNorm(modalities, hidden)

    def forward(self, h: Tensor, mask: Tensor) -> Tensor:
        """Carry each modality into the common ground."""
        inner = self.dropout(nn.functional.gelu(self.first(h)))
        z: Tensor = self.norm(h + self.second(inner))
        if not self.shared:
            return self._filled(z, mask)
        common = nn.functional.layer_norm(z[..., : self.shared], (self.shared,))
        return torch.cat([self._filled(common, mask), z[..., self.shared :]], dim=-1)

    def _filled(self, x: Tensor, mask: Tensor) -> Tensor:
        """What is aligned, with a stand-in where a modality is missing, if one is asked for."""
        if self.pairs is not None:
            filled: Tensor = self.pairs(x, mask)
            return filled
        return mean_of_others(x, mask) if self.fills else x


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
