"""MMGCN: one graph over all modalities of a dialogue, convolved deeply.

Hu et al., "MMGCN: multimodal fusion via deep graph convolution network for emotion recognition in
conversation", ACL-IJCNLP 2021; the convolution is GCNII's (Chen et al., ICML
2020). Its graph is the paper's own: the whole dialogue, or an utterance's past where past-only.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ariigcn.graphs.dialogues import DialogueBatch
from ariigcn.models.base import ConversationModel, Output
from ariigcn.models.baselines.parameters import MMGCNParameters
from ariigcn.models.parts.classifier import classifier
from ariigcn.models.parts.inputs import LinearInputs, joined
from ariigcn.models.parts.layers import Dropout
from ariigcn.models.parts.sequences import Layout, Recurrent


@dataclass(frozen=True)
class Adjacency:
    """The normalised adjacency of MMGCN's graph, by its two kinds of edges.

    Shapes (b dialogues of at most T utterances, M modalities):
        within: [b * M, T, T], between utterances of one modality.
        between: [b, T, M, M], between the modalities of one utterance; zero on its diagonal.
    """

    within: Tensor
    between: Tensor

    def __matmul__(self, x: Tensor) -> Tensor:
        """[b, M, T, H] -> [b, M, T, H]."""
        near = torch.bmm(self.within, x.flatten(0, 1)).view_as(x)
        return near + torch.einsum("btmk,bkth->bmth", self.between, x)


def angular_adjacency(x: Tensor, visible: Tensor, gamma: float) -> Adjacency:
    """Edges weighted by angular similarity, 1 - arccos(cos(x_i, x_j)) / pi, D^-1/2 A D^-1/2.

    A node's degree counts what it reads, so that no past node knows the future.

    Args:
        x: [b, M, T, H].
        visible: bool [b, T, T].
        gamma: factor of the edges between modalities.
    """
    count, steps = x.shape[1:3]
    unit = nn.functional.normalize(x, dim=-1)
    within = _similarity(unit @ unit.transpose(2, 3)) * visible.unsqueeze(1)  # [b, M, T, T]
    by_step = unit.transpose(1, 2)
    apart = 1 - torch.eye(count, device=x.device)
    between = gamma * _similarity(by_step @ by_step.transpose(2, 3)) * apart  # [b, T, M, M]
    root = (within.sum(3) + between.sum(3).transpose(1, 2)).clamp_min(1e-6).rsqrt()  # [b, M, T]
    within = root.unsqueeze(3) * within * root.unsqueeze(2)
    of_step = root.transpose(1, 2)
    between = of_step.unsqueeze(3) * between * of_step.unsqueeze(2)
    return Adjacency(within.reshape(-1, steps, steps), between)


def _similarity(cosine: Tensor) -> Tensor:
    # arccos has no gradient at 1, where an utterance meets itself.
    return 1 - torch.arccos(cosine.clamp(-1 + 1e-5, 1 - 1e-5)) / math.pi


class DenseGCN2(nn.Module):
    r"""GCNII's layer l on a dense graph, with :math:`\beta_l = \log(\theta / l + 1)`.

    .. math::
        h^l = \mathrm{ReLU}\bigl(((1 - \alpha) \hat A h^{l-1} + \alpha h^0)
              ((1 - \beta_l) I + \beta_l W^l)\bigr)

    It is ``torch_geometric.nn.GCN2Conv`` with shared weights, as batched products: on a graph in which
    all utterances of a dialogue meet, that one gathers a vector an edge, and a training step takes 5.5
    times as long (IEMOCAP's shape, hidden size 512, one CPU thread).

    Shapes:
        h, h^0 [b, M, T, H] -> [b, M, T, H].

    Args:
        hidden: H.
        alpha, theta: of the equation.
        number: l, from 1.
    """

    def __init__(self, hidden: int, alpha: float, theta: float, number: int) -> None:
        super().__init__()
        self.weight = nn.Linear(hidden, hidden, bias=False).weight
        self.alpha, self.beta = alpha, math.log(theta / number + 1)

    def forward(self, h: Tensor, start: Tensor, adjacency: Adjacency) -> Tensor:
        """h^l of h^(l-1), of h^0 and of the graph."""
        read = (1 - self.alpha) * (adjacency @ h) + self.alpha * start
        return torch.relu(
            (1 - self.beta) * read + self.beta * nn.functional.linear(read, self.weight)
        )


class MMGCN(ConversationModel):
    """MMGCN: the dialogue's modalities as one graph, convolved by GCNII's layers."""

    def make_layers(self, dimensions: Mapping[str, int], classes: int) -> None:
        """Context, speakers, graph convolutions."""
        config, count = self.config, len(dimensions)
        hidden, dropout = config.hidden, config.dropout
        self.inputs = LinearInputs(dimensions, hidden, dropout, config.input_dropout)
        self.own = MMGCNParameters(**config.parameters)
        self.context = Recurrent(nn.LSTM, hidden, hidden, self.past_only)
        self.speakers = nn.Embedding(self.own.speakers, hidden)
        self.layers = nn.ModuleList(
            DenseGCN2(hidden, self.own.alpha, self.own.theta, number)
            for number in range(1, self.own.layers + 1)
        )
        self.dropout = Dropout(dropout)
        self.head = classifier(2 * count * hidden, hidden, classes, dropout)

    def forward(self, batch: DialogueBatch) -> Output:
        """Classify every utterance by its modalities before and after the graph."""
        mask, layout = self.drop_modalities(batch.mask), Layout.of(batch)
        x = self._encode(batch, mask, layout)
        dense = layout.pad(x.transpose(0, 1)).transpose(1, 2)  # [b, M, T, H]
        adjacency = angular_adjacency(dense, layout.visible(self.past_only), self.own.gamma)
        h = dense
        for layer in self.layers:
            h = layer(self.dropout(h), dense, adjacency)
        after = layout.flat(h.transpose(1, 2)).transpose(0, 1)
        return Output(logits=self.head(joined(torch.cat([x, after]))), mask=mask)

    def _encode(self, batch: DialogueBatch, mask: Tensor, layout: Layout) -> Tensor:
        """Text in its context, the others by themselves, each with its speaker, [M, n, H]."""
        inputs = self.inputs(batch, mask).unbind(0)
        read = [
            self.context(x, layout) if m == "text" else x
            for m, x in zip(self.modalities, inputs, strict=True)
        ]
        speaker = self.speakers(batch.speaker.clamp_max(self.own.speakers - 1))
        return torch.stack(read) + speaker
