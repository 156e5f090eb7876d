"""The graph file: one HDF5 for all dialogues of a corpus."""

import json
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path

Integers = NDArray[np.int64]
ARRAYS = ("split", "dialogue_ptr", "edge_index", "edge_type", "edge_ptr", "speaker", "label")


@dataclass(frozen=True)
class Graph:
    """All dialogues of a corpus: N utterances, D dialogues, E edges.

    Shapes:
        split: [D], index into ``ariigcn.corpora.table.SPLITS``.
        dialogue_ptr: [D + 1], rows of dialogue d are ``dialogue_ptr[d]`` to ``dialogue_ptr[d + 1]``.
        edge_index: [2, E] source and target rows, ordered by target.
        edge_type: [E], index into ``relations``.
        edge_ptr: [D + 1], edges of dialogue d.
        speaker: [N], numbered within the dialogue.
        label: [N], index into ``labels``, -1 = context only.
    """

    corpus: str
    labels: tuple[str, ...]
    relations: tuple[str, ...]
    dialogue_ids: list[str]
    utterance_ids: list[str]
    split: Integers
    dialogue_ptr: Integers
    edge_index: Integers
    edge_type: Integers
    edge_ptr: Integers
    speaker: Integers
    label: Integers


def write_graph(graph: Graph, path: Path | str) -> None:
    """Write a graph file; it is whole or absent."""
    text = h5py.string_dtype("utf-8")
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["corpus"] = graph.corpus
        file.attrs["labels"] = json.dumps(graph.labels)
        file.attrs["relations"] = json.dumps(graph.relations)
        file.create_dataset("dialogue_id", data=graph.dialogue_ids, dtype=text)
        file.create_dataset("utterance_id", data=graph.utterance_ids, dtype=text)
        for name in ARRAYS:
            values = getattr(graph, name)
            packed = values.astype(np.min_scalar_type(-max(int(np.abs(values).max(initial=0)), 1)))
            file.create_dataset(name, data=packed, compression="gzip", shuffle=True)


def read_graph(path: Path | str) -> Graph:
    """Read a graph file.

    Raises:
        DataError: the file is truncated, not HDF5, or not a graph file.
    """
    try:
        with h5py.File(path, "r") as file:
            return Graph(
                corpus=str(file.attrs["corpus"]),
                labels=tuple(json.loads(file.attrs["labels"])),
                relations=tuple(json.loads(file.attrs["relations"])),
                dialogue_ids=file["dialogue_id"].asstr()[:].tolist(),
                utterance_ids=file["utterance_id"].asstr()[:].tolist(),
                **{name: file[name][:].astype(np.int64) for name in ARRAYS},
            )
    except (OSError, KeyError, ValueError) as error:
        raise DataError(
            f"{path}: not a readable graph file ({error}); remove it and run again"
        ) from error
