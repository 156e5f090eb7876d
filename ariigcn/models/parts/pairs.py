"""Which pairs of nodes a contrastive stream attracts and which it repels, and how many (METHOD section 5).

Nodes are utterances seen through one modality.

- **IMCL**, intra-/inter-modal: positives share the emotion across *different* modalities, negatives
  differ in emotion within the *same* modality [paper].
- **ICCL**, intra-/inter-class: positives share the emotion, negatives do not, whatever the modality
  [paper].

Unlabelled and masked nodes take no part.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from ariigcn.graphs.dialogues import to_device

Rows = slice | Tensor  # of nodes: neighbours, or int64 indices [rows]


@dataclass(frozen=True)
class Counts:
    """How many pairs, and anchors with a positive, a stream has in the batch; scalars, []."""

    positive_pairs: Tensor
    negative_pairs: Tensor
    anchors_with_any: Tensor

    @property
    def positives(self) -> Tensor:
        """Positive pairs to divide by."""
        return self.positive_pairs.clamp_min(1)

    @property
    def negatives(self) -> Tensor:
        """Negative pairs to divide by."""
        return self.negative_pairs.clamp_min(1)

    @property
    def anchors(self) -> Tensor:
        """Anchors to divide by."""
        return self.anchors_with_any.clamp_min(1)


@dataclass(frozen=True)
class Nodes:
    """K nodes of a batch, those of a modality together.

    Shapes:
        label, modality: int64 [K]; label -1 = takes no part.
        sizes: nodes a modality; classes: C; all_take_part: whether no label is -1.
    """

    label: Tensor
    modality: Tensor
    sizes: list[int]
    classes: int
    all_take_part: bool = False

    def sums(self, values: Tensor) -> Tensor:
        """Sums of [K, ...] over the nodes of each emotion and modality, [C, M, ...]."""
        table = values.new_zeros(self.classes + 1, len(self.sizes), *values.shape[1:])
        # Those that take no part, whose label is -1, come together in the last row.
        return table.index_put((self.label, self.modality), values, accumulate=True)[:-1]

    @cached_property
    def numbers(self) -> Tensor:
        """How many nodes each emotion and modality has, [C, M]; both streams count pairs by it."""
        return self.sums(torch.ones_like(self.label, dtype=torch.float64))

    @property
    def parts(self) -> list[slice]:
        """Where each modality's nodes are."""
        stops = [*accumulate(self.sizes, initial=0)]
        return [slice(*ends) for ends in pairwise(stops)]

    def sample(self, chosen: Tensor) -> "Nodes":
        """Some of the nodes, by ascending int64 indices [S] on the CPU."""
        bounds = torch.tensor(self.sizes).cumsum(0)
        sizes = torch.bucketize(chosen, bounds, right=True).bincount(minlength=len(bounds))
        here = to_device(chosen, self.label.device)
        return replace(
            self, label=self.label[here], modality=self.modality[here], sizes=sizes.tolist()
        )

    def differ(self, rows: Rows, others: "Nodes | None" = None) -> Tensor:
        """Bool [rows, K], True where both take part and the emotions differ; K: all nodes, or others."""
        own, label = self.label[rows, None], (others or self).label
        if self.all_take_part:
            return own != label
        return (own != label) & (own >= 0) & (label >= 0)

    def repelled(self, rows: Rows, others: "Nodes", kind: torch.dtype) -> Tensor:
        """:meth:`differ` as the numbers 1 and 0, [rows, K]."""
        if not self.all_take_part:
            return self.differ(rows, others).to(kind)
        # Never a boolean: torch's kernels that make or read them are slow on a CPU.
        own, label = self.label[rows, None].to(kind), others.label.to(kind)
        return torch.ne(own, label, out=own.new_empty(len(own), len(label)))


@dataclass(frozen=True)
class Stream:
    """Which pairs of nodes are positive and which negative, from labels and modalities alone."""

    within_modality_negatives: bool

    def pairs(self, rows: Rows, nodes: Nodes) -> tuple[Tensor, Tensor]:
        """Positive and negative pairs of a block of rows with all K nodes, bool [rows, K]."""
        label, modality = nodes.label, nodes.modality
        same = (label[rows, None] == label) & (label >= 0)
        if self.within_modality_negatives:
            alike = modality[rows, None] == modality
            return same & ~alike, nodes.differ(rows) & alike
        index = torch.arange(len(label), device=label.device)
        return same & (index[rows, None] != index), nodes.differ(rows)

    def counts(self, nodes: Nodes, kind: torch.dtype) -> Counts:
        """Numbers of pairs by counting labels and modalities, without forming a pair."""
        table = nodes.numbers
        per_class, per_modality = table.sum(1, keepdim=True), table.sum(0, keepdim=True)
        if self.within_modality_negatives:
            own_positives = per_class - table
            own_negatives = per_modality - table
        else:
            own_positives = (per_class - 1).expand_as(table)
            own_negatives = (table.sum() - per_class).expand_as(table)
        return Counts(
            positive_pairs=(table * own_positives).sum().to(kind),
            negative_pairs=(table * own_negatives).sum().to(kind),
            anchors_with_any=(table * (own_positives > 0)).sum().to(kind),
        )


IMCL = Stream(within_modality_negatives=True)
ICCL = Stream(within_modality_negatives=False)
