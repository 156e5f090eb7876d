"""From the utterance table to the speaker-relation graph of every dialogue (METHOD section 4).

The graph is structure alone: which utterances reach which, and how they are related. Which
modalities an utterance lacks is a fact of the feature stores and is read from there, so a changed
encoder rebuilds no graph.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ariigcn.core.memory import require_memory
from ariigcn.corpora.splits import is_cut
from ariigcn.corpora.table import SPLITS, Corpus, read_corpus
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.file import Graph, write_graph

COMPACT_RELATIONS = ("self", "same past", "same future", "other past", "other future")
BYTES_AN_EDGE = 64  # source, target and type, and what stands beside them while they are made
Integers = NDArray[np.int64]


def build_graph_file(table: Path, config: GraphConfig, out: Path) -> None:
    """Read the utterance table, build its graph, write it."""
    write_graph(build_graph(read_corpus(table), config), out)


def build_graph(corpus: Corpus, config: GraphConfig) -> Graph:
    """The graphs of all dialogues as one: N utterances, D dialogues, E edges.

    An edge j -> i exists where j lies at most ``past`` utterances before i or ``future`` after it in
    the same dialogue; j = i included. Edges are ordered by target, then source.
    """
    frame = corpus.utterances
    pointers = dialogue_pointers(frame["dialogue_id"])
    edges = window_edges(pointers, config.past, config.future)
    speakers = local_speakers(frame, pointers)
    types, names = edge_relations(config, edges, speakers)
    first = frame.iloc[pointers[:-1]]
    person, people = pd.factorize(frame["speaker"])
    labels = pd.Categorical(frame["emotion"], categories=list(corpus.labels)).codes
    return Graph(
        corpus=corpus.name,
        labels=corpus.labels,
        relations=names,
        dialogue_ids=first["dialogue_id"].tolist(),
        utterance_ids=frame["utterance_id"].tolist(),
        people=people.tolist(),
        split=pd.Categorical(first["split"], categories=list(SPLITS)).codes.astype(np.int64),
        dialogue_ptr=pointers,
        edge_index=edges,
        edge_type=types,
        edge_ptr=np.searchsorted(edges[1], pointers).astype(np.int64),
        speaker=speakers,
        person=person.astype(np.int64),
        label=labels.astype(np.int64),
        validation_cut=is_cut(corpus.notes),
    )


def dialogue_pointers(dialogue_ids: "pd.Series[str]") -> Integers:
    """Where each dialogue starts, and N at the end, [D + 1]; rows of a dialogue are contiguous."""
    starts = np.flatnonzero((dialogue_ids != dialogue_ids.shift()).to_numpy())
    return np.append(starts, len(dialogue_ids)).astype(np.int64)


def window_edges(pointers: Integers, past: int, future: int) -> Integers:
    """Edges (source; target) within the window and the dialogue, [2, E], without a Python loop."""
    nodes = np.arange(pointers[-1])
    lengths = np.diff(pointers)
    start, stop = np.repeat(pointers[:-1], lengths), np.repeat(pointers[1:], lengths)
    low = start if past < 0 else np.maximum(start, nodes - past)
    high = stop if future < 0 else np.minimum(stop, nodes + future + 1)
    counts = high - low
    require_memory(
        BYTES_AN_EDGE * float(counts.sum()),
        f"a graph of {counts.sum():,} edges",
        "set graph.past and graph.future to fewer utterances",
    )
    target = np.repeat(nodes, counts)
    before = np.repeat(np.cumsum(counts) - counts, counts)
    source = np.arange(len(target)) - before + np.repeat(low, counts)
    return np.stack([source, target])


def local_speakers(frame: pd.DataFrame, pointers: Integers) -> Integers:
    """Each utterance's speaker, numbered 0, 1, ... within its dialogue by first appearance, [N]."""
    pairs = pd.MultiIndex.from_frame(frame[["dialogue_id", "speaker"]])
    codes = pd.factorize(pairs)[0].astype(np.int64)
    first = codes[pointers[:-1]]
    return codes - np.repeat(first, np.diff(pointers))


def edge_relations(
    config: GraphConfig, edges: Integers, speakers: Integers
) -> tuple[Integers, tuple[str, ...]]:
    """The type of each edge, [E], and the types' names, by the configured kind of relations.

    Args:
        config: the graph's.
        edges: source and target, [2, E], in the order in which was spoken.
        speakers: each utterance's speaker, numbered within its dialogue, [N].
    """
    kinds = {"compact": compact_relations, "speaker-pair": speaker_pair_relations}
    return kinds[config.relations](edges, speakers)


def compact_relations(edges: Integers, speakers: Integers) -> tuple[Integers, tuple[str, ...]]:
    """(same speaker or not) x (past, self, future): five types that any dialogue has [ours]."""
    source, target = edges
    other = speakers[source] != speakers[target]
    types = np.where(source < target, 1, 2) + 2 * other
    return np.where(source == target, 0, types), COMPACT_RELATIONS


def speaker_pair_relations(edges: Integers, speakers: Integers) -> tuple[Integers, tuple[str, ...]]:
    """(speaker of source, speaker of target) x (until now, future), as in DialogueGCN."""
    source, target = edges
    count = int(speakers.max()) + 1
    types = (speakers[source] * count + speakers[target]) * 2 + (source > target)
    names = [
        f"{j} to {i} {when}"
        for j in range(count)
        for i in range(count)
        for when in ("until now", "future")
    ]
    return types, tuple(names)
