"""Graph layers of torch_geometric in the place of the speaker-relation layer, one a modality.

Which of them is one line of configuration, ``model.graph_layer``, and so one axis of a grid. A layer
either knows relation types, or takes them as features of its edges, one-hot. They stand in the place
of METHOD section 4's layer [ours]; each layer's paper stands beside its name below.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from ariigcn.core.plugins import load
from ariigcn.graphs.dialogues import DialogueBatch
from ariigcn.models.parts.layers import Dropout, ModalityNorm, single_precision

HEADS = 2  # of layers with attention heads; divides every allowed hidden size


@dataclass(frozen=True)
class Edges:
    """A batch's edges: index int64 [2, e], source and target; type int64 [e], one of R relations."""

    index: Tensor
    type: Tensor
    relations: int

    @classmethod
    def of(cls, batch: DialogueBatch, relations: int) -> "Edges":
        """The edges of a batch with R relation types."""
        return cls(batch.edge_index, batch.edge_type, relations)

    @cached_property
    def one_hot(self) -> Tensor:
        """The types as features, float32 [e, R]; layers that know types do not ask for them."""
        return nn.functional.one_hot(self.type, self.relations).float()


@dataclass(frozen=True)
class Layer:
    """How a layer of torch_geometric is made, and what it is told of an edge's relation.

    Args:
        where: its class, ``package.module:Class``.
        told: the argument that takes the relation.
        options: the arguments of its constructor, from hidden size, relations and bases.
        idle: parameters that the layer has and, made so, does not use.
    """

    where: str
    told: str
    options: Callable[[int, int, int], Mapping[str, Any]]
    idle: tuple[str, ...] = ()

    def make(self, hidden: int, relations: int, bases: int) -> nn.Module:
        """The layer, H -> H."""
        made: nn.Module = load(self.where)(**self.options(hidden, relations, bases))
        for name in self.idle:
            getattr(made, name).requires_grad_(False)
        return made


def _relational(hidden: int, relations: int, bases: int) -> dict[str, Any]:
    return {
        "in_channels": hidden,
        "out_channels": hidden,
        "num_relations": relations,
        "num_bases": bases or None,
    }


def _modulated(hidden: int, relations: int, bases: int) -> dict[str, Any]:
    return {"in_channels": hidden, "out_channels": hidden, "num_relations": relations}


def _in_heads(hidden: int, relations: int, bases: int) -> dict[str, Any]:
    return {
        "in_channels": hidden,
        "out_channels": hidden // HEADS,
        "heads": HEADS,
        "edge_dim": relations,
    }


def _without_loops(hidden: int, relations: int, bases: int) -> dict[str, Any]:
    # Our graphs have self-edges, with a relation of their own that the layer's would replace.
    return {**_in_heads(hidden, relations, bases), "add_self_loops": False}


def _gated(hidden: int, relations: int, bases: int) -> dict[str, Any]:
    return {"in_channels": hidden, "out_channels": hidden, "edge_dim": relations}


RGCN = Layer("torch_geometric.nn:RGCNConv", "edge_type", _relational)  # Schlichtkrull et al. 2018
RGAT = Layer(  # Busbridge et al. 2019
    "torch_geometric.nn:RGATConv", "edge_type", _relational, ("w", "l1", "b1", "l2", "b2")
)
FILM = Layer("torch_geometric.nn:FiLMConv", "edge_type", _modulated)  # Brockschmidt 2020
TRANSFORMER = Layer("torch_geometric.nn:TransformerConv", "edge_attr", _in_heads)  # Shi et al. 2021
GATV2 = Layer("torch_geometric.nn:GATv2Conv", "edge_attr", _without_loops)  # Brody et al. 2022
RESGATED = Layer(  # Bresson and Laurent 2017
    "torch_geometric.nn:ResGatedGraphConv", "edge_attr", _gated
)


class GeometricLayer(nn.Module):
    r"""A layer of torch_geometric a modality, with the residual of ours.

    .. math::
        g^m = \mathrm{norm}\bigl(z^m + \mathrm{drop}\,\mathrm{gelu}(\mathrm{conv}^m(z^m, E))\bigr)

    Shapes:
        z [M, n, H] -> g [M, n, H].

    Args:
        modalities: M.
        hidden: H.
        relations: R, edge types.
        bases: matrices that relations share, where the layer has such; 0: one a relation.
        dropout: share of the message dropped.
        kind: which layer.
    """

    def __init__(
        self,
        modalities: int,
        hidden: int,
        relations: int,
        bases: int,
        dropout: float,
        *,
        kind: Layer,
    ) -> None:
        super().__init__()
        self.told = kind.told
        self.convolutions = nn.ModuleList(
            kind.make(hidden, relations, bases) for _ in range(modalities)
        )
        self.norm = ModalityNorm(modalities, hidden)
        self.dropout = Dropout(dropout)

    def forward(self, z: Tensor, edges: Edges) -> Tensor:
        """Let every utterance read those that reach it."""
        relation = {self.told: edges.type if self.told == "edge_type" else edges.one_hot}
        # Sums over neighbours, which scatter in the precision of what they add to.
        with single_precision(z.device):
            messages = torch.stack(
                [
                    convolve(x.float(), edges.index, **relation)
                    for convolve, x in zip(self.convolutions, z, strict=True)
                ]
            )
        return self.norm(z + self.dropout(nn.functional.gelu(messages)))
