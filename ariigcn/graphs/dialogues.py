"""Dialogues as models read them: features and graph of a corpus in memory, batches cut from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ariigcn.core.errors import DataError, problem_list
from ariigcn.corpora.table import SPLITS
from ariigcn.features.store import FeatureStore, Rows, StoreHeader
from ariigcn.graphs.file import Graph, read_graph

if TYPE_CHECKING:
    from torch_geometric.data import Data


@dataclass(frozen=True)
class DialogueBatch:
    """Some dialogues as one disconnected graph, without padding.

    Its members are named as those of a ``torch_geometric`` batch, whose layers take them as they are.

    Shapes (n nodes, e edges, b dialogues):
        x: modality -> [n, D_m].
        mask [n, M], y [n], speaker [n], edge_index [2, e], edge_type [e].
        batch [n]: the dialogue of each node; ptr [b + 1]; rows [n]: of the corpus.
        lengths [b] of the dialogues and reach [2, n], the first and the last source of each node,
        stay on the CPU: what decides the sizes of a step is not asked of the device.
    """

    x: Mapping[str, Tensor]
    mask: Tensor
    y: Tensor
    speaker: Tensor
    edge_index: Tensor
    edge_type: Tensor
    batch: Tensor
    ptr: Tensor
    rows: Tensor
    lengths: Tensor
    reach: Tensor

    @property
    def num_nodes(self) -> int:
        """n."""
        return len(self.rows)

    def to_geometric(self) -> "Data":
        """The same as torch_geometric's own type, features as ``x_<modality>``."""
        # Here, since it takes two seconds and 190 MB, and no stage of the workflow needs it.
        from torch_geometric.data import Data

        own = ("x", "lengths", "reach")
        tensors = {name: value for name, value in vars(self).items() if name not in own}
        x = {f"x_{modality}": values for modality, values in self.x.items()}
        return Data(**x, **tensors, num_nodes=self.num_nodes)


@dataclass(frozen=True)
class Dialogues:
    """A corpus of N utterances in D dialogues, resident on one device.

    Shapes:
        x: modality -> float32 [N, D_m]; rows without evidence are zero.
        mask: bool [N, M], True where the modality carries evidence; columns in ``x``'s order.
        label, speaker: int64 [N]; label -1 = context only.
        dialogue_ptr, edge_ptr: int64 [D + 1], on the CPU: batches are cut there.
        reach: int64 [2, N], first and last source of each utterance, on the CPU too.
        edge_index: int64 [2, E]; edge_type: int64 [E].
        headers: modality -> what its store says of itself; empty where features came from elsewhere.
    """

    graph: Graph
    x: Mapping[str, Tensor]
    mask: Tensor
    label: Tensor
    speaker: Tensor
    edge_index: Tensor
    edge_type: Tensor
    dialogue_ptr: Tensor
    edge_ptr: Tensor
    reach: Tensor
    headers: Mapping[str, StoreHeader] = field(default_factory=dict)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, in the order of the mask's columns."""
        return tuple(self.x)

    def of_split(self, split: str) -> Tensor:
        """Indices of a split's d dialogues, int64 [d]."""
        return torch.from_numpy(np.flatnonzero(self.graph.split == SPLITS.index(split)))

    def rows(self, dialogues: Tensor) -> Tensor:
        """Rows of the n utterances of some dialogues, int64 [d] -> [n], in their order."""
        return _ranges(self.dialogue_ptr[dialogues], self.dialogue_ptr[dialogues + 1])

    def to(self, device: torch.device) -> "Dialogues":
        """The same dialogues with features and graph on ``device``."""
        return replace(
            self,
            x={m: x.to(device) for m, x in self.x.items()},
            **{
                name: getattr(self, name).to(device)
                for name in ("mask", "label", "speaker", "edge_index", "edge_type")
            },
        )

    def sealed(self) -> "Dialogues":
        """The same dialogues without the test split's labels: what may select anything sees these."""
        label = self.label.clone()
        label[self.rows(self.of_split("test"))] = -1
        return replace(self, label=label)

    def batch(self, dialogues: Tensor) -> DialogueBatch:
        """Some dialogues, int64 [d], as one graph.

        Equal to ``torch_geometric.data.Batch.from_data_list`` over the single dialogues, cut with a
        few index operations instead of a Python object a dialogue.
        """
        lengths = self.dialogue_ptr[dialogues + 1] - self.dialogue_ptr[dialogues]
        ptr = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
        shift = ptr[:-1] - self.dialogue_ptr[dialogues]
        rows = self.rows(dialogues)
        edges = _ranges(self.edge_ptr[dialogues], self.edge_ptr[dialogues + 1])
        edge_counts = self.edge_ptr[dialogues + 1] - self.edge_ptr[dialogues]
        device = self.label.device
        rows_there, edges_there = to_device(rows, device), to_device(edges, device)
        edge_shift = to_device(torch.repeat_interleave(shift, edge_counts), device)
        of_node = torch.repeat_interleave(torch.arange(len(dialogues)), lengths)
        return DialogueBatch(
            x={m: x.index_select(0, rows_there) for m, x in self.x.items()},
            mask=self.mask[rows_there],
            y=self.label[rows_there],
            speaker=self.speaker[rows_there],
            edge_index=self.edge_index[:, edges_there] + edge_shift,
            edge_type=self.edge_type[edges_there],
            batch=to_device(of_node, device),
            ptr=to_device(ptr, device),
            rows=rows_there,
            lengths=lengths,
            reach=self.reach[:, rows] + shift[of_node],
        )


def to_device(here: Tensor, device: torch.device) -> Tensor:
    """A tensor of the CPU's, any shape, on the device; what the device is doing is not waited for."""
    pinned = here.pin_memory() if device.type == "cuda" else here
    return pinned.to(device, non_blocking=True)


def _ranges(starts: Tensor, stops: Tensor) -> Tensor:
    """The concatenation of arange(start, stop) over pairs, vectorised."""
    lengths = stops - starts
    before = torch.repeat_interleave(lengths.cumsum(0) - lengths, lengths)
    return torch.arange(len(before)) - before + torch.repeat_interleave(starts, lengths)


def load_dialogues(graph_path: Path, stores: Mapping[str, Path]) -> Dialogues:
    """Read a graph and the feature stores that go with it.

    Args:
        graph_path: file of the graph stage.
        stores: modality -> feature store, in the order the model shall see them.

    Raises:
        DataError: a store is damaged, of another corpus or modality, has other rows than the graph or
            another order, or is not finite.
    """
    graph = read_graph(graph_path)
    x, masks, headers = {}, [], {}
    for modality, path in stores.items():
        rows, headers[modality] = _aligned(graph, modality, path)
        x[modality] = torch.from_numpy(rows.values)
        masks.append(torch.from_numpy(rows.mask))
    dialogues = make_dialogues(graph, x, torch.stack(masks, dim=1))
    return replace(dialogues, headers=headers)


def make_dialogues(graph: Graph, x: Mapping[str, Tensor], mask: Tensor) -> Dialogues:
    """Dialogues of a graph and features in its row order: x, modality -> [n, D_m]; mask bool [n, M]."""
    edge_index = torch.from_numpy(graph.edge_index)
    return Dialogues(
        graph=graph,
        x=x,
        mask=mask,
        label=torch.from_numpy(graph.label),
        speaker=torch.from_numpy(graph.speaker),
        edge_index=edge_index,
        edge_type=torch.from_numpy(graph.edge_type),
        dialogue_ptr=torch.from_numpy(graph.dialogue_ptr),
        edge_ptr=torch.from_numpy(graph.edge_ptr),
        reach=_reach(edge_index, len(graph.label)),
    )


def _reach(edge_index: Tensor, nodes: int) -> Tensor:
    """First and last source of each of n nodes, [2, n]."""
    source, target = edge_index
    itself = torch.arange(nodes)
    ends = [itself.scatter_reduce(0, target, source, end) for end in ("amin", "amax")]
    return torch.stack(ends)


def _aligned(graph: Graph, modality: str, path: Path) -> tuple[Rows, StoreHeader]:
    """A store's rows and header, held to be the graph's corpus in that modality, row by row."""
    store = FeatureStore(path)
    rows, header = store.read(), store.header
    for what, own, due in (
        ("modality", header.modality, modality),
        ("corpus", header.corpus, graph.corpus),
    ):
        if own != due:
            raise DataError(
                f"{path}: its {what} is '{own}', expected '{due}'; remove it and run again"
            )
    _check_rows(graph, path, rows.utterance_ids)
    broken = np.flatnonzero(~np.isfinite(rows.values).all(axis=1))
    if len(broken):
        found = [f"row {row + 1} ({rows.utterance_ids[row]})" for row in broken.tolist()]
        title = f"{path}: NaN or infinite features; remove the file and extract again"
        raise DataError(problem_list(title, found, 5))
    return rows, header


def _check_rows(graph: Graph, path: Path, ids: Sequence[str]) -> None:
    """Rows stand in the table's order, as the graph's do."""
    if ids == graph.utterance_ids:
        return
    known = set(ids)
    problems = [f"no row for {name}" for name in graph.utterance_ids if name not in known]
    problems += [f"{len(ids)} rows for {len(graph.utterance_ids)} utterances"]
    problems += [
        f"row {row + 1} is {own}, expected {due}"
        for row, (own, due) in enumerate(zip(ids, graph.utterance_ids, strict=False))
        if own != due
    ]
    title = f"{path}: not the rows of this table in its order; remove it and run again"
    raise DataError(problem_list(title, problems, 5))
