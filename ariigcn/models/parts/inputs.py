"""How the baselines read features: a linear map a modality, a learned vector for what is missing.

Both are METHOD section 2's, with one linear map in the place of the MLP [ours].
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ariigcn.graphs.dialogues import DialogueBatch
from ariigcn.models.parts.layers import Dropout, replaced


class LinearInputs(nn.Module):
    """Features of every modality, brought to one size without mixing them [ours].

    The papers join features of known sizes that are never missing; here a modality of 1,582 numbers
    stands beside one of 384, and a learned vector stands in where the mask is 0, as in AR-IIGCN.

    Shapes:
        x_<modality> [n, D_m], mask [n, M] -> [M, n, H].
    """

    def __init__(
        self, dimensions: Mapping[str, int], hidden: int, dropout: float, input_dropout: float
    ) -> None:
        super().__init__()
        self.maps = nn.ModuleDict({m: nn.Linear(d, hidden) for m, d in dimensions.items()})
        self.input_dropout, self.dropout = Dropout(input_dropout), Dropout(dropout)
        self.missing = nn.Parameter(torch.randn(len(dimensions), 1, hidden) * 0.02)

    def forward(self, batch: DialogueBatch, mask: Tensor) -> Tensor:
        """Read n utterances."""
        read = torch.stack(
            [layer(self.input_dropout(batch.x[m])) for m, layer in self.maps.items()]
        )
        return self.dropout(replaced(read, mask, self.missing))


def joined(x: Tensor) -> Tensor:
    """Modalities side by side, [M, n, H] -> [n, M * H]."""
    return x.transpose(0, 1).flatten(1)
