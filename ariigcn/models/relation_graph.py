"""Speaker-relation graph layer, one set of weights a modality (METHOD section 4).

A dialogue's window is a band around the diagonal, so the layer does not gather a vector an edge.
Utterances are cut into tiles of consecutive targets; a tile reads the contiguous run of sources
that reach it, and its edges are a small dense matrix of relation types. Attention and aggregation
become batched matrix products whose cost is linear in the number of utterances.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ariigcn.models.layers import ModalityLinear, ModalityNorm

TILE = 32


@dataclass(frozen=True)
class Tiles:
    """A batch's edges as K dense tiles of T targets and W sources.

    Shapes:
        source: int64 [K, W], rows read by a tile (clamped at the batch's end).
        relation: int64 [K, T, W], type of the edge, -1 where there is none.
    """

    source: Tensor
    relation: Tensor


def make_tiles(edge_index: Tensor, edge_type: Tensor, nodes: int, size: int = TILE) -> Tiles:
    """Lay edges (ordered by target, each target with a self-edge) out as tiles.

    Args:
        edge_index: [2, E] source and target rows of the batch.
        edge_type: [E].
        nodes: n, rows in the batch.
        size: T, targets a tile.
    """
    count = -(-nodes // size)
    source, target = edge_index
    tile = target // size
    low = torch.full((count,), nodes, device=source.device)
    low = low.scatter_reduce(0, tile, source, "amin")
    high = torch.zeros_like(low).scatter_reduce(0, tile, source, "amax")
    width = int((high - low).max()) + 1
    reach = low.unsqueeze(1) + torch.arange(width, device=source.device)
    relation = torch.full((count, size, width), -1, device=source.device)
    relation[tile, target % size, source - low[tile]] = edge_type
    return Tiles(reach.clamp_max(nodes - 1), relation)


class SpeakerRelationLayer(nn.Module):
    r"""Relational attention over a dialogue's window, with a residual.

    .. math::
        g_i = z_i + \mathrm{drop}\,\sigma\bigl(W_0 z_i
              + \sum_r \sum_{j \in N_r(i)} \alpha_{ij} W_r z_j\bigr)

    :math:`\alpha_i` is a softmax over everything that reaches i of
    :math:`\mathrm{LeakyReLU}(a_s^\top z_j + a_t^\top z_i + b_r)` [paper: learned attention over the
    window; ours: its additive form, the bias a relation, the layer norm].

    Shapes:
        z [M, n, H] -> g [M, n, H].
    """

    def __init__(self, modalities: int, hidden: int, relations: int, dropout: float) -> None:
        super().__init__()
        self.relations = relations
        self.score = ModalityLinear(modalities, hidden, 2)
        self.relation_bias = nn.Parameter(torch.zeros(modalities, relations))
        # W_0 and every W_r stand in one matrix: one product serves all relations.
        self.weight = ModalityLinear(modalities, hidden * (relations + 1), hidden)
        self.norm = ModalityNorm(modalities, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, z: Tensor, tiles: Tiles) -> Tensor:
        """Let every utterance read those that reach it."""
        neighbours = self._aggregate(z, self.attention(z, tiles), tiles)
        message = self.weight(torch.cat([z, neighbours], dim=-1))
        return self.norm(z + self.dropout(nn.functional.gelu(message)))

    def attention(self, z: Tensor, tiles: Tiles) -> Tensor:
        """alpha, [M, K, T, W]; zero where there is no edge."""
        modalities, nodes, _ = z.shape
        count, size, _ = tiles.relation.shape
        from_source, from_target = self.score(z).unbind(-1)  # each [M, n]
        from_target = nn.functional.pad(from_target, (0, count * size - nodes))
        score = (
            from_source[:, tiles.source].unsqueeze(2)
            + from_target.view(modalities, count, size, 1)
            + self.relation_bias[:, tiles.relation.clamp_min(0)]
        )
        absent = tiles.relation < 0
        score = nn.functional.leaky_relu(score, 0.2).masked_fill(absent, float("-inf"))
        # Rows past the batch's end have no edge at all; a softmax over nothing would be NaN.
        score = score.masked_fill(absent.all(-1, keepdim=True), 0.0)
        return score.softmax(-1).masked_fill(absent, 0.0)

    def _aggregate(self, z: Tensor, alpha: Tensor, tiles: Tiles) -> Tensor:
        """sum_j alpha_ij z_j for each relation apart, [M, n, R * H]."""
        modalities, nodes, hidden = z.shape
        count, size, width = tiles.relation.shape
        types = torch.arange(self.relations, device=z.device).view(1, 1, -1, 1)
        chosen = alpha.unsqueeze(3) * (tiles.relation.unsqueeze(2) == types)  # [M, K, T, R, W]
        left = chosen.reshape(modalities * count, size * self.relations, width)
        right = z[:, tiles.source].reshape(modalities * count, width, hidden)
        summed = torch.bmm(left, right).view(modalities, count * size, self.relations * hidden)
        return summed[:, :nodes]
