"""Speaker-relation graph layer, one set of weights a modality (METHOD section 4).

A dialogue's window is a band around the diagonal, so the layer does not gather a vector an edge.
Utterances are cut into tiles of consecutive targets; a tile reads the contiguous run of sources
that reach it, and its edges are a small dense matrix of relation types. Attention and aggregation
become batched matrix products whose cost is linear in the number of utterances.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from ariigcn.graphs.dialogues import DialogueBatch, to_device
from ariigcn.models.parts.layers import Dropout, ModalityLinear, ModalityNorm

TILE = 32


@dataclass(frozen=True)
class Tiles:
    """A batch's edges as K dense tiles of T targets and W sources.

    Shapes:
        source: int64 [K, W], rows read by a tile (clamped at the batch's end).
        relation: float32 [R, K, T, W], 1 at each edge's type; all zero where there is no edge.
        barrier: float32 [K, T, W], added to scores: 0 at edges and in rows past the batch's end, which
            have none, -inf elsewhere.
    """

    source: Tensor
    relation: Tensor
    barrier: Tensor

    @cached_property
    def absent(self) -> Tensor:
        """Where there is no edge, bool [K, T, W]."""
        return self.relation.sum(0) == 0

    def sources(self, x: Tensor) -> Tensor:
        """What each tile reads of its sources, [..., n, F] -> [..., K, W, F]."""
        return x.index_select(-2, self.source.flatten()).unflatten(-2, self.source.shape)


def tile_bytes(nodes: float, past: int, future: int, longest: int, relations: int) -> float:
    """Bytes that the tiles of a batch take at least: its relations, and an attention a modality.

    Args:
        nodes: utterances of the batch.
        past: utterances before one that reach it; -1: all.
        future: utterances after it; -1: all.
        longest: utterances of its longest dialogue.
        relations: R.
    """
    reach = [longest if end < 0 else end for end in (past, future)]
    width = min(sum(reach) + TILE, max(longest, TILE))
    return 4.0 * nodes * width * (relations + 3)


def make_tiles(batch: DialogueBatch, relations: int, size: int = TILE) -> Tiles:
    """Lay a batch's edges (ordered by target, each target with a self-edge) out as tiles.

    Args:
        batch: n utterances.
        relations: R, edge types that there are.
        size: T, targets a tile.
    """
    nodes, device = batch.num_nodes, batch.edge_index.device
    count = -(-nodes // size)
    first, last = nn.functional.pad(batch.reach, (0, count * size - nodes), value=nodes - 1)
    lowest, highest = first.view(count, size).amin(1), last.view(count, size).amax(1)
    width = int((highest - lowest).max()) + 1
    low = to_device(lowest, device)
    source, target = batch.edge_index
    tile = target // size
    column = source - low[tile]
    relation = torch.zeros(relations, count, size, width, device=device)
    relation[batch.edge_type, tile, target % size, column] = 1.0
    barrier = torch.full((count * size, width), float("-inf"), device=device)
    barrier[target, column] = 0.0
    barrier[nodes:] = 0.0  # a softmax over nothing would be NaN
    reach = low.unsqueeze(1) + torch.arange(width, device=device)
    return Tiles(reach.clamp_max(nodes - 1), relation, barrier.view(count, size, width))


class SpeakerRelationLayer(nn.Module):
    r"""Relational attention over a dialogue's window, with a residual.

    .. math::
        g_i = z_i + \mathrm{drop}\,\sigma\bigl(W_0 z_i
              + \sum_r \sum_{j \in N_r(i)} \alpha_{ij} W_r z_j\bigr)

    :math:`\alpha_i` is a softmax over everything that reaches i of
    :math:`\mathrm{LeakyReLU}(a_s^\top z_j + a_t^\top z_i + b_r)` [paper: learned attention over the
    window; ours: its additive form, the bias a relation, the layer norm].

    With B bases, :math:`W_r = \sum_b c_{rb} V_b` as in R-GCN: B products instead of R, and weights
    that do not grow with the relations [ours].

    Shapes:
        z [M, n, H] -> g [M, n, H].

    Args:
        modalities: M, each with weights of its own.
        hidden: H.
        relations: R, edge types.
        bases: B, matrices that the relations share; 0: one a relation.
        dropout: share of the message dropped.

    On graphs of torch_geometric it takes what relational layers take, by :meth:`edge_wise`:

    >>> from torch_geometric.data import Data
    >>> edges, types = torch.tensor([[0, 1, 2, 2], [1, 2, 0, 2]]), torch.tensor([1, 1, 2, 0])
    >>> data = Data(x=torch.randn(3, 8), edge_index=edges, edge_type=types)
    >>> layer = SpeakerRelationLayer(modalities=1, hidden=8, relations=3, bases=2, dropout=0.1)
    >>> layer.edge_wise(data.x.unsqueeze(0), data.edge_index, data.edge_type).shape
    torch.Size([1, 3, 8])
    """

    mixture: Tensor

    def __init__(
        self, modalities: int, hidden: int, relations: int, bases: int, dropout: float
    ) -> None:
        super().__init__()
        self.bases = bases
        # The parts' own draws are not kept: reset_parameters makes them again, in its order.
        with torch.random.fork_rng(devices=()):
            self.score = ModalityLinear(modalities, hidden, 2)
            self.own = ModalityLinear(modalities, hidden, hidden)
        self.relation_bias = nn.Parameter(torch.empty(modalities, 1, relations))
        if bases:
            self.mixture = nn.Parameter(torch.empty(modalities, bases, relations))
        else:
            own = torch.eye(relations).repeat(modalities, 1, 1)
            self.register_buffer("mixture", own, persistent=False)
        # The bases stand in one matrix, below each other: one product serves all of them.
        inputs = hidden * self.mixture.shape[1]
        self.related = nn.Parameter(torch.empty(modalities, inputs, hidden))
        self.norm = ModalityNorm(modalities, hidden)
        self.dropout = Dropout(dropout)
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Draw all weights anew.

        :math:`W_0` and the bases are uniform within one over the root of all inputs of their sum.
        """
        self.score.reset_parameters()
        nn.init.zeros_(self.relation_bias)
        if self.bases:
            self.mixture.copy_(torch.randn(self.mixture.shape) / self.bases**0.5)
        self.own.reset_parameters()
        inputs, hidden = self.related.shape[1:]
        bound = 1 / (hidden + inputs) ** 0.5
        for weight in (self.own.weight, self.related):
            nn.init.uniform_(weight, -bound, bound)
        self.norm.reset_parameters()

    def forward(self, z: Tensor, tiles: Tiles) -> Tensor:
        """Let every utterance read those that reach it."""
        return self._residual(z, self._aggregate(z, self.attention(z, tiles), tiles))

    def edge_wise(self, z: Tensor, edge_index: Tensor, edge_type: Tensor) -> Tensor:
        """The same by gather and scatter, for any graph: edges in any order, no window.

        A node that no edge reaches keeps its own vector and W_0's message.

        Args:
            z: [M, n, H].
            edge_index: int64 [2, e], source and target.
            edge_type: int64 [e], each below R.

        Returns:
            g, [M, n, H]; what :meth:`forward` gives, and more memory: a vector an edge.
        """
        from torch_geometric.utils import softmax

        source, target = edge_index
        from_source, from_target = self.score(z).unbind(-1)
        score = (
            from_source[:, source] + from_target[:, target] + self.relation_bias[:, 0, edge_type]
        )
        score = nn.functional.leaky_relu(score, 0.2)
        alpha = softmax(score, target, num_nodes=z.shape[1], dim=1)
        share = (alpha.unsqueeze(1) * self.mixture[:, :, edge_type]).unsqueeze(-1)  # [M, B, e, 1]
        read = share * z[:, source].unsqueeze(1)
        summed = z.new_zeros(*read.shape[:2], *z.shape[1:]).index_add(2, target, read)
        return self._residual(z, summed.transpose(1, 2).flatten(2))

    def _residual(self, z: Tensor, neighbours: Tensor) -> Tensor:
        """g of the summed neighbours of each base, [M, n, B * H]."""
        message = torch.baddbmm(self.own(z), neighbours, self.related)
        return self.norm(z + self.dropout(nn.functional.gelu(message)))

    def extra_repr(self) -> str:
        """Sizes, for ``repr``."""
        modalities, bases, relations = self.mixture.shape
        hidden = self.related.shape[-1]
        return f"modalities={modalities}, hidden={hidden}, relations={relations}, bases={bases}"

    def attention(self, z: Tensor, tiles: Tiles) -> Tensor:
        """alpha, [M, K, T, W]; zero where a node has no edge, of no meaning past the batch's end."""
        modalities, nodes, _ = z.shape
        count, size, width = tiles.barrier.shape
        from_source, from_target = self.score(z).unbind(-1)  # each [M, n]
        from_target = nn.functional.pad(from_target, (0, count * size - nodes))
        bias = self.relation_bias @ tiles.relation.flatten(1)
        score = (
            tiles.sources(from_source.unsqueeze(-1)).transpose(-1, -2)
            + from_target.view(modalities, count, size, 1)
            + bias.view(modalities, count, size, width)
        )
        return (nn.functional.leaky_relu(score, 0.2) + tiles.barrier).softmax(-1)

    def _aggregate(self, z: Tensor, alpha: Tensor, tiles: Tiles) -> Tensor:
        """sum_j c_{r(ij) b} alpha_ij z_j for each base apart, [M, n, B * H]."""
        modalities, nodes, hidden = z.shape
        count, size, width = tiles.barrier.shape
        share = (self.mixture @ tiles.relation.flatten(1)).view(modalities, -1, count, size, width)
        bases = share.shape[1]
        left = (alpha.unsqueeze(1) * share).permute(0, 2, 3, 1, 4)
        left = left.reshape(modalities * count, size * bases, width)
        right = tiles.sources(z).flatten(0, 1)
        summed = torch.bmm(left, right).view(modalities, count * size, bases * hidden)
        return summed[:, :nodes]
