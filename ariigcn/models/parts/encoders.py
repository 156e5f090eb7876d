"""Separate feature spaces (METHOD section 2): an MLP a modality, nothing shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor, nn

from ariigcn.models.parts.layers import Dropout, ModalityLinear, ModalityNorm, replaced
from ariigcn.models.parts.quasi_recurrence import ModalityQRNN
from ariigcn.models.parts.recurrence import ModalityGRU

LIMIT = 10.0  # scales: what lies further out is as good as there
ROWS = 1024  # standardised at a time, in double precision: a whole corpus would take its double
COUNTED = 16_384  # rows counted at a time: no more of a corpus is in memory for its statistics


@dataclass(frozen=True)
class Spread:
    """How some rows are spread, a value a feature, float64: [D] each.

    Two of them join as Chan, Golub and LeVeque (COMPSTAT 1982) join variances: deviations are taken
    from means, so that no large sums are subtracted.
    """

    count: int
    mean: Tensor
    variance: Tensor
    largest: Tensor  # absolute value

    @classmethod
    def of(cls, x: Tensor) -> "Spread":
        """Of rows x, float64 [n, D], at least one."""
        largest = torch.maximum(x.amax(0), -x.amin(0))
        return cls(len(x), x.mean(0), x.var(0, correction=0), largest)

    def __add__(self, other: "Spread") -> "Spread":
        count = self.count + other.count
        share, apart = other.count / count, other.mean - self.mean
        within = torch.lerp(self.variance, other.variance, share)
        return Spread(
            count,
            self.mean + share * apart,
            within + share * (1 - share) * apart.square(),
            torch.maximum(self.largest, other.largest),
        )

    @property
    def scale(self) -> Tensor:
        """Standard deviation; infinite for a constant feature, whose spread is rounding."""
        scale = self.variance.sqrt()
        constant = scale <= 1e-6 * self.largest.clamp_min(1e-12)
        return torch.where(constant, torch.inf, scale)


class Standardiser(nn.Module):
    """The training split's own mean and scale, one pair a feature [ours].

    Rows without evidence stay zero, and features that never vary become zero.
    """

    def __init__(self, dimensions: Mapping[str, int]) -> None:
        super().__init__()
        for modality, size in dimensions.items():
            self.register_buffer(f"mean_{modality}", torch.zeros(size))
            self.register_buffer(f"scale_{modality}", torch.ones(size))

    @torch.no_grad()
    def fit(self, x: Mapping[str, Tensor], mask: Tensor, rows: Tensor) -> None:
        """Learn mean and scale of some rows, read a block at a time.

        Args:
            x: modality -> [N, D_m], as in :class:`~ariigcn.graphs.dialogues.Dialogues`.
            mask: bool [N, M], in the order of x.
            rows: int64 [n].
        """
        for column, (modality, values) in enumerate(x.items()):
            usable = rows[mask[rows, column]]
            if len(usable):
                parts = (Spread.of(values[part].double()) for part in usable.split(COUNTED))
                found = reduce(Spread.__add__, parts)
                getattr(self, f"mean_{modality}").copy_(found.mean)
                getattr(self, f"scale_{modality}").copy_(found.scale)

    def forward(self, x: Mapping[str, Tensor], mask: Tensor) -> dict[str, Tensor]:
        """Standardised features, [n, D_m] a modality, clipped at :data:`LIMIT` standard deviations."""
        out = {}
        for column, (modality, values) in enumerate(x.items()):
            usable = mask[:, column : column + 1]
            parts = zip(values.split(ROWS), usable.split(ROWS), strict=True)
            out[modality] = torch.cat([self.rows(modality, v, u) for v, u in parts])
        return out

    def rows(self, modality: str, values: Tensor, usable: Tensor) -> Tensor:
        """Some rows of one modality, [n, D_m], those without evidence zero; usable is bool [n, 1]."""
        mean, scale = getattr(self, f"mean_{modality}"), getattr(self, f"scale_{modality}")
        return scaled(values, mean, scale, usable)


def scaled(values: Tensor, mean: Tensor, scale: Tensor, usable: Tensor) -> Tensor:
    """Deviations of values [n, D] from a mean, in scales, float32, at most :data:`LIMIT`.

    Zero where not usable, bool [n, 1].
    """
    deviation = values.to(torch.float64, copy=True).sub_(mean).div_(scale)
    return deviation.float().clamp_(-LIMIT, LIMIT).mul_(usable)


class ModalityEncoders(nn.Module):
    r"""h_i^m = MLP_m(x_i^m) [paper]; a learned vector stands in where the mask is 0 [ours].

    Two layers: D_m -> H with GELU, then H -> H; layer-normalised.

    Shapes:
        x: modality -> [n, D_m]; mask [n, M]; output [M, n, H].
    """

    def __init__(
        self, dimensions: Mapping[str, int], hidden: int, dropout: float, input_dropout: float
    ) -> None:
        super().__init__()
        count = len(dimensions)
        self.first = nn.ModuleDict({m: nn.Linear(d, hidden) for m, d in dimensions.items()})
        self.input_dropout = Dropout(input_dropout)
        self.dropout = Dropout(dropout)
        self.second = ModalityLinear(count, hidden, hidden)
        self.norm = ModalityNorm(count, hidden)
        self.missing = nn.Parameter(torch.randn(count, 1, hidden) * 0.02)

    def forward(self, x: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """Encode n utterances."""
        first = [layer(self.input_dropout(x[m])) for m, layer in self.first.items()]
        hidden = self.dropout(nn.functional.gelu(torch.stack(first)))
        encoded = self.norm(self.second(hidden))
        return replaced(encoded, mask, self.missing)


CELLS: dict[str, type[ModalityGRU] | type[ModalityQRNN]] = {
    "gru": ModalityGRU,
    "qrnn": ModalityQRNN,
}


class ContextEncoder(nn.Module):
    """A recurrence a modality over each dialogue, added to its input [ours, an option].

    It reads in both directions, or forward alone where no utterance may see a later one; ``cells``
    names one of :data:`CELLS`.

    Shapes:
        h [M, n, H] -> [M, n, H].
    """

    cells: ModalityGRU | ModalityQRNN

    def __init__(
        self, cells: str, modalities: int, hidden: int, dropout: float, past_only: bool
    ) -> None:
        super().__init__()
        directions = 1 if past_only else 2
        self.cells = CELLS[cells](modalities, hidden, hidden // directions, directions)
        self.dropout = Dropout(dropout)
        self.norm = ModalityNorm(modalities, hidden)

    def forward(self, h: Tensor, lengths: Tensor) -> Tensor:
        """Let every utterance see its dialogue; lengths [b] are on the CPU."""
        return self.norm(h + self.dropout(self.cells(h, lengths)))
