"""Dialogues as models read them: graph and features of a corpus, batches cut from them.

Features stay in their stores, which are mapped into memory; a batch copies its own rows. A corpus that
fits may be held in memory instead (:meth:`Dialogues.held`), which changes no bit of any batch.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ariigcn.core.errors import DataError, problem_list
from ariigcn.corpora.table import SPLITS
from ariigcn.features.store import FeatureStore, MappedRows, StoreHeader
from ariigcn.graphs.file import Graph, read_graph

if TYPE_CHECKING:
    from torch_geometric.data import Data

AT_ONCE = 64  # dialogues that are prepared together where all of them are


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


Preparation = Callable[[DialogueBatch], Mapping[str, Tensor]]
"""What makes the features that a model reads of a batch's, each dialogue's for itself: x -> x."""


@dataclass(frozen=True)
class Dialogues:
    """A corpus of N utterances in D dialogues, its graph resident on one device.

    Shapes:
        x: modality -> float32 [N, D_m]; rows without evidence are zero. They lie on the CPU, not to be
            written to, as they may be a file's; or, if held, on the graph's device.
        mask: bool [N, M], True where the modality carries evidence; columns in ``x``'s order.
        label, speaker: int64 [N]; label -1 = context only.
        dialogue_ptr, edge_ptr: int64 [D + 1], on the CPU: batches are cut there.
        reach: int64 [2, N], first and last source of each utterance, on the CPU too.
        edge_index: int64 [2, E]; edge_type: int64 [E].
        headers: modality -> what its store says of itself; empty where features came from elsewhere.
        mapped: the rows of stores that ``x`` lies in; none if it is held or came from elsewhere.
        preparations: what is done to the features of every batch, one after another.
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
    mapped: Sequence[MappedRows] = ()
    preparations: tuple[Preparation, ...] = ()

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

    def labels_of(self, split: str) -> Tensor:
        """Labels of a split's n utterances, int64 [n]."""
        return self.label[self.rows(self.of_split(split))]

    def to(self, device: torch.device) -> "Dialogues":
        """The same dialogues with their graph on ``device``; features follow a batch at a time."""
        return replace(
            self,
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

    def prepared(self, how: Preparation) -> "Dialogues":
        """The same dialogues, whose batches' features go through ``how`` when they are cut."""
        return replace(self, preparations=(*self.preparations, how))

    def held(self, limit_mb: float) -> "Dialogues":
        """The same dialogues, prepared once and held on their device if features take no more than this.

        A batch is the same to the bit either way, and takes less time to cut if they are held.
        """
        if sum(x.nbytes for x in self.x.values()) > limit_mb * 1e6:
            return self
        x: dict[str, Tensor] = {}
        for part in torch.arange(len(self.graph.dialogue_ids)).split(AT_ONCE):
            batch = self.batch(part)
            for modality, values in batch.x.items():
                if modality not in x:
                    x[modality] = values.new_empty(len(self.label), values.shape[1])
                x[modality][batch.rows] = values
        return replace(self, x=x, mapped=(), preparations=())

    def batch(self, dialogues: Tensor) -> DialogueBatch:
        """Some dialogues, int64 [d], as one graph.

        Equal to ``torch_geometric.data.Batch.from_data_list`` over the single dialogues, cut with a
        few index operations instead of a Python object a dialogue.
        """
        lengths = self.dialogue_ptr[dialogues + 1] - self.dialogue_ptr[dialogues]
        ptr = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
        shift = ptr[:-1] - self.dialogue_ptr[dialogues]
        rows = self.rows(dialogues)
        self._expect(dialogues)
        edges = _ranges(self.edge_ptr[dialogues], self.edge_ptr[dialogues + 1])
        edge_counts = self.edge_ptr[dialogues + 1] - self.edge_ptr[dialogues]
        device = self.label.device
        rows_there, edges_there = to_device(rows, device), to_device(edges, device)
        edge_shift = to_device(torch.repeat_interleave(shift, edge_counts), device)
        of_node = torch.repeat_interleave(torch.arange(len(dialogues)), lengths)
        batch = DialogueBatch(
            x={
                m: x.index_select(0, rows_there)
                if x.device == device
                else to_device(x.index_select(0, rows), device)
                for m, x in self.x.items()
            },
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
        for prepare in self.preparations:
            batch = replace(batch, x=prepare(batch))
        return batch

    def _expect(self, dialogues: Tensor) -> None:
        """Let the system fetch the features of some dialogues, of all modalities at once."""
        if self.mapped:
            ends = [self.dialogue_ptr[dialogues + last].tolist() for last in (0, 1)]
            for start, stop in zip(*ends, strict=True):
                for mapped in self.mapped:
                    mapped.expect(start, stop)


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
    """Read a graph and open the feature stores that go with it; their values stay on disk.

    Args:
        graph_path: file of the graph stage.
        stores: modality -> feature store, in the order the model shall see them.

    Raises:
        DataError: a store is damaged, of another corpus or modality, has other rows than the graph or
            another order, or is not finite.
    """
    graph = read_graph(graph_path)
    x, masks, headers, mapped = {}, [], {}, []
    for modality, path in stores.items():
        store = _aligned(graph, modality, path)
        headers[modality] = store.header
        with warnings.catch_warnings():
            # That the file cannot be written to is as it should be: rows are copied out of it.
            warnings.filterwarnings("ignore", "The given NumPy array is not writable")
            x[modality] = torch.from_numpy(store.values)
        masks.append(torch.from_numpy(store.mask))
        mapped.append(store.mapped)
    dialogues = make_dialogues(graph, x, torch.stack(masks, dim=1))
    return replace(dialogues, headers=headers, mapped=mapped)


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


def _aligned(graph: Graph, modality: str, path: Path) -> FeatureStore:
    """A store, held to be the graph's corpus in that modality, row by row."""
    store = FeatureStore(path)
    header = store.header
    for what, own, due in (
        ("modality", header.modality, modality),
        ("corpus", header.corpus, graph.corpus),
    ):
        if own != due:
            raise DataError(
                f"{path}: its {what} is '{own}', expected '{due}'; remove it and run again"
            )
    _check_rows(graph, path, store.utterance_ids)
    broken = store.broken()
    if broken:
        found = [f"row {row + 1} ({store.utterance_ids[row]})" for row in broken]
        title = f"{path}: NaN or infinite features; remove the file and extract again"
        raise DataError(problem_list(title, found, 5))
    return store


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
