"""The graphs and features of a corpus as a dataset of torch_geometric: one conversation an item."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch_geometric.data import Data, Dataset

from ariigcn.core.settings import unknown_name
from ariigcn.corpora.table import SPLITS
from ariigcn.graphs.dialogues import Dialogues, load_dialogues


class ConversationDataset(Dataset):  # type: ignore[misc]  # torch_geometric tells no types
    """Conversations as ``Data``, for torch_geometric's loaders, transforms and layers.

    Shapes of an item (n utterances, e edges, M modalities):
        x: float32 [n, sum of D_m], the modalities side by side; ``x_<modality>`` [n, D_m] each.
        mask: bool [n, M], whether a modality carries evidence; its features are zero where not.
        y: int64 [n], index into :attr:`labels`; -1: context only, so ``ignore_index=-1``.
        speaker: int64 [n], numbered within the conversation.
        edge_index: int64 [2, e], source and target; edge_type: int64 [e], index into :attr:`relations`.
        dialogue: int64 [1], its number in the corpus.

    Args:
        graph: a graph file of the workflow.
        stores: modality -> feature store.
        split: ``train``, ``validation`` or ``test``; None: all conversations.
        transform: called with every item that is taken.

    Raises:
        DataError: as :func:`~ariigcn.graphs.dialogues.load_dialogues`.
        ValueError: there is no such split.
    """

    def __init__(
        self,
        graph: Path | str,
        stores: Mapping[str, Path | str],
        split: str | None = None,
        transform: object = None,
    ) -> None:
        super().__init__(None, transform)
        if split not in (None, *SPLITS):
            raise ValueError(unknown_name(str(split), list(SPLITS), "split"))
        self.dialogues: Dialogues = load_dialogues(
            Path(graph), {modality: Path(path) for modality, path in stores.items()}
        )
        count = len(self.dialogues.graph.dialogue_ids)
        self._chosen: Tensor = (
            torch.arange(count) if split is None else self.dialogues.of_split(split)
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Emotions in the order of ``y``."""
        return self.dialogues.graph.labels

    @property
    def relations(self) -> tuple[str, ...]:
        """Edge types in the order of ``edge_type``."""
        return self.dialogues.graph.relations

    @property
    def num_relations(self) -> int:
        """How many edge types there are, as relational layers ask for."""
        return len(self.relations)

    @property
    def num_classes(self) -> int:
        """How many emotions there are."""
        return len(self.labels)

    def len(self) -> int:
        """How many conversations there are."""
        return len(self._chosen)

    def get(self, idx: int) -> Data:
        """One conversation."""
        dialogue = self._chosen[idx : idx + 1]
        data = self.dialogues.batch(dialogue).to_geometric()
        del data.batch, data.ptr, data.rows  # a loader makes its own
        data.x = torch.cat([data[f"x_{m}"] for m in self.dialogues.modalities], dim=1)
        data.dialogue = dialogue
        return data
