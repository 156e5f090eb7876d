"""The graph file: one HDF5 for all dialogues of a corpus."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ariigcn.core.storage import create_h5, open_h5

Integers = NDArray[np.int64]
ARRAYS = (
    "split",
    "dialogue_ptr",
    "edge_index",
    "edge_type",
    "edge_ptr",
    "speaker",
    "person",
    "label",
)


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
        person: [N], index into ``people``, the speakers' names in the corpus.
        label: [N], index into ``labels``, -1 = context only.

    ``validation_cut`` is whether the validation split was cut from the corpus's training split.
    """

    corpus: str
    labels: tuple[str, ...]
    relations: tuple[str, ...]
    dialogue_ids: list[str]
    utterance_ids: list[str]
    people: list[str]
    split: Integers
    dialogue_ptr: Integers
    edge_index: Integers
    edge_type: Integers
    edge_ptr: Integers
    speaker: Integers
    person: Integers
    label: Integers
    validation_cut: bool = False


def write_graph(graph: Graph, path: Path | str) -> None:
    """Write a graph file; it is whole or absent."""
    text = h5py.string_dtype("utf-8")
    with create_h5(path) as file:
        file.attrs["corpus"] = graph.corpus
        file.attrs["labels"] = json.dumps(graph.labels)
        file.attrs["relations"] = json.dumps(graph.relations)
        file.attrs["validation_cut"] = graph.validation_cut
        file.create_dataset("dialogue_id", data=graph.dialogue_ids, dtype=text)
        file.create_dataset("utterance_id", data=graph.utterance_ids, dtype=text)
        file.create_dataset("people", data=graph.people, dtype=text)
        for name in ARRAYS:
            packed = pack(getattr(graph, name))
            file.create_dataset(name, data=packed, compression="gzip", shuffle=True)


def pack(values: Integers) -> NDArray[np.signedinteger[Any]]:
    """The same numbers, any shape, in the smallest signed type that holds the least and the largest."""
    ends = [int(values.min(initial=0)), int(values.max(initial=0))]
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= ends[0] and ends[1] <= np.iinfo(kind).max:
            return values.astype(kind)
    return values.astype(np.int64)


def read_graph(path: Path | str) -> Graph:
    """Read a graph file.

    Raises:
        DataError: the file is damaged, or not a graph file.
    """
    with open_h5(path, "a graph file") as file:
        return Graph(
            corpus=str(file.attrs["corpus"]),
            labels=tuple(json.loads(file.attrs["labels"])),
            relations=tuple(json.loads(file.attrs["relations"])),
            validation_cut=bool(file.attrs["validation_cut"]),
            dialogue_ids=file["dialogue_id"].asstr()[:].tolist(),
            utterance_ids=file["utterance_id"].asstr()[:].tolist(),
            people=file["people"].asstr()[:].tolist(),
            **{name: file[name][:].astype(np.int64) for name in ARRAYS},
        )
