"""DialogueGCN: a recurrent context, then graph convolutions over who spoke when.

Ghosal et al., "DialogueGCN: a graph convolutional neural network for emotion recognition in
conversation", EMNLP-IJCNLP 2019. Windows and relation types are the graph's:
the paper's are ``graph.relations: speaker-pair``. The paper reads text; modalities are joined [ours].
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ariigcn.graphs.dialogues import DialogueBatch
from ariigcn.models.base import ConversationModel, Output
from ariigcn.models.baselines.parameters import DialogueGCNParameters
from ariigcn.models.parts.classifier import classifier
from ariigcn.models.parts.inputs import LinearInputs, joined
from ariigcn.models.parts.layers import Dropout
from ariigcn.models.parts.relation_graph import Tiles, make_tiles
from ariigcn.models.parts.sequences import Layout, Recurrent, attend


class RelationalConvolution(nn.Module):
    r"""The paper's two graph layers.

    .. math::
        h^1_i = \mathrm{ReLU}\Bigl(\sum_r \sum_{j \in N_r(i)} \frac{\alpha_{ij}}{c_{ir}} W_r g_j
                + \alpha_{ii} W_0 g_i\Bigr), \quad
        h^2_i = \mathrm{ReLU}\Bigl(\sum_{j \in N(i)} W h^1_j + W'_0 h^1_i\Bigr)

    with :math:`\alpha_i` the softmax over the window of :math:`g_i^\top W_e g_j` and
    :math:`c_{ir} = |N_r(i)|`. The second sum is divided by the neighbours' number [ours: windows at
    a dialogue's border are smaller, and sums of twenty blow up].

    Shapes:
        g [n, I] -> [n, H].
    """

    def __init__(self, inputs: int, hidden: int, relations: int, bases: int) -> None:
        super().__init__()
        count = bases or relations
        self.edge = nn.Linear(inputs, inputs, bias=False)
        mixture = torch.randn(count, relations) / count**0.5 if bases else torch.eye(relations)
        self.mixture = nn.Parameter(mixture, requires_grad=bool(bases))
        self.related = nn.Linear(count * inputs, hidden, bias=False)
        self.own = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, hidden, bias=False)
        self.second_own = nn.Linear(hidden, hidden)

    def forward(self, g: Tensor, tiles: Tiles) -> Tensor:
        """Convolve twice."""
        nodes, inputs = g.shape
        alpha = self._edge_weights(g, tiles)  # [K, T, W]
        share = alpha / tiles.relation.sum(-1, keepdim=True).clamp_min(1) * tiles.relation
        weights = torch.einsum("br,rktw->ktbw", self.mixture, share)
        summed = torch.bmm(weights.flatten(1, 2), g[tiles.source]).view(
            -1, len(self.mixture) * inputs
        )
        itself = self._of_itself(alpha, tiles).unsqueeze(1)
        first = torch.relu(self.related(summed[:nodes]) + itself[:nodes] * self.own(g))
        near = (~tiles.absent).to(g.dtype)
        near = near / near.sum(-1, keepdim=True).clamp_min(1)
        around = torch.bmm(near, self.second(first)[tiles.source]).flatten(0, 1)[:nodes]
        return torch.relu(around + self.second_own(first))

    def _edge_weights(self, g: Tensor, tiles: Tiles) -> Tensor:
        """alpha, [K, T, W], zero where there is no edge."""
        count, size, _ = tiles.absent.shape
        target = nn.functional.pad(self.edge(g), (0, 0, 0, count * size - len(g)))
        score = torch.bmm(target.view(count, size, -1), g[tiles.source].transpose(1, 2))
        score = score.masked_fill(tiles.absent, -1e9)
        return score.softmax(-1).masked_fill(tiles.absent, 0.0)

    def _of_itself(self, alpha: Tensor, tiles: Tiles) -> Tensor:
        """alpha_ii, [K * T]."""
        count, size, _ = alpha.shape
        rows = torch.arange(count * size, device=alpha.device).view(count, size, 1)
        loops = (tiles.source.unsqueeze(1) == rows) & ~tiles.absent
        return (alpha * loops).sum(-1).flatten()


class DialogueGCN(ConversationModel):
    """Bidirectional GRU (forward alone where past-only), graph convolutions, attention.

    An utterance's own vector is added to what its attention gathers [ours], as in DialogueRNN.
    """

    def make_layers(self, dimensions: Mapping[str, int], classes: int) -> None:
        """Context, graph, attention."""
        config, count = self.config, len(dimensions)
        hidden, dropout = config.hidden, config.dropout
        self.inputs = LinearInputs(dimensions, hidden, dropout, config.input_dropout)
        self.context = Recurrent(nn.GRU, count * hidden, 2 * hidden, self.past_only)
        self.dropout = Dropout(dropout)
        bases = DialogueGCNParameters(**config.parameters).bases
        self.graph = RelationalConvolution(2 * hidden, hidden, self.relations, bases)
        self.attention = nn.Linear(3 * hidden, 3 * hidden, bias=False)
        self.head = classifier(3 * hidden, hidden, classes, dropout)

    def forward(self, batch: DialogueBatch) -> Output:
        """Classify every utterance by its context and its neighbourhood."""
        mask, layout = self.drop_modalities(batch.mask), Layout.of(batch)
        g = self.dropout(self.context(joined(self.inputs(batch, mask)), layout))
        tiles = make_tiles(batch, self.relations)
        h = layout.pad(torch.cat([g, self.graph(g, tiles)], dim=1))
        read = h + attend(self.attention(h), h, layout.visible(self.past_only))
        return Output(logits=self.head(layout.flat(read)), mask=mask)
