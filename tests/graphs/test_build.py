"""The graph equals a plain loop over utterances, and survives its file."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ariigcn.core import memory
from ariigcn.core.errors import DataError
from ariigcn.graphs.build import COMPACT_RELATIONS, build_graph, window_edges
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.file import ARRAYS, pack, read_graph, write_graph
from tests.synthetic_corpus import make_corpus

LENGTHS = [1, 7, 2, 30, 4]


def plain_edges(corpus, past, future):
    """(source, target, same speaker) by the definition, one pair at a time."""
    frame = corpus.utterances.reset_index(drop=True)
    edges = []
    for i, row in frame.iterrows():
        for j, other in frame.iterrows():
            distance = j - i
            if other.dialogue_id != row.dialogue_id:
                continue
            if (past < 0 or -distance <= past) and (future < 0 or distance <= future):
                edges.append((j, i, other.speaker == row.speaker))
    return edges


@pytest.mark.parametrize(("past", "future"), [(2, 3), (10, 0), (-1, -1), (0, 0), (-1, 0)])
def test_edges_equal_the_plain_definition(past, future):
    corpus = make_corpus(LENGTHS)
    graph = build_graph(corpus, GraphConfig(past=past, future=future))
    expected = plain_edges(corpus, past, future)
    assert graph.edge_index.T.tolist() == [[j, i] for j, i, _ in expected]
    for (source, target, same), kind in zip(expected, graph.edge_type, strict=True):
        who = "same" if same else "other"
        when = "past" if source < target else "future"
        name = "self" if source == target else f"{who} {when}"
        assert graph.relations[kind] == name


def test_speaker_pairs_name_who_speaks_to_whom():
    graph = build_graph(make_corpus(LENGTHS), GraphConfig(past=2, relations="speaker-pair"))
    assert len(set(graph.edge_type)) > 4, "several pairs, past and future"
    for (source, target), kind in zip(graph.edge_index.T, graph.edge_type, strict=True):
        when = "future" if source > target else "until now"
        name = f"{graph.speaker[source]} to {graph.speaker[target]} {when}"
        assert graph.relations[kind] == name


def test_pointers_labels_and_speakers():
    corpus = make_corpus(LENGTHS)
    graph = build_graph(corpus, GraphConfig())
    assert np.diff(graph.dialogue_ptr).tolist() == LENGTHS
    for d in range(len(LENGTHS)):
        inside = graph.edge_index[:, graph.edge_ptr[d] : graph.edge_ptr[d + 1]]
        assert ((inside >= graph.dialogue_ptr[d]) & (inside < graph.dialogue_ptr[d + 1])).all()
        speakers = graph.speaker[graph.dialogue_ptr[d] : graph.dialogue_ptr[d + 1]]
        first_seen = list(dict.fromkeys(speakers.tolist()))
        assert first_seen == sorted(first_seen), "numbered by first appearance"
    emotions = corpus.utterances["emotion"]
    for code, emotion in zip(graph.label, emotions, strict=True):
        assert (code == -1) if pd.isna(emotion) else corpus.labels[code] == emotion


def test_file_round_trip_and_damage(tmp_path):
    graph = build_graph(make_corpus(LENGTHS), GraphConfig())
    path = tmp_path / "graph.h5"
    write_graph(graph, path)
    again = read_graph(path)
    assert again.relations == COMPACT_RELATIONS
    for name in ARRAYS:
        assert np.array_equal(getattr(again, name), getattr(graph, name)), name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=r"graph\.h5: damaged \(its checksum differs\)"):
        read_graph(path)


POWERS = [
    sign * (2**power + step) for power in range(62) for step in (-1, 0, 1) for sign in (1, -1)
]


@given(st.lists(st.sampled_from(POWERS) | st.integers(-(2**63), 2**63 - 1), max_size=20))
@example([128])
@example([-128, 32_768])
def test_numbers_are_packed_without_loss(numbers):
    values = np.array(numbers, dtype=np.int64)
    packed = pack(values)
    assert packed.astype(np.int64).tolist() == numbers
    if packed.itemsize > 1:  # half of the width would not do
        half = np.iinfo(f"int{4 * packed.itemsize}")
        assert min(numbers) < half.min or max(numbers) > half.max


@pytest.mark.parametrize("utterances", [127, 128, 129, 255, 256, 257])
def test_a_corpus_of_a_power_of_two_comes_back_as_it_was(tmp_path, utterances):
    graph = build_graph(make_corpus([utterances - 100, 100]), GraphConfig(past=1, future=0))
    write_graph(graph, tmp_path / "graph.h5")
    again = read_graph(tmp_path / "graph.h5")
    for name in ARRAYS:
        assert np.array_equal(getattr(again, name), getattr(graph, name)), name


def test_what_would_not_fit_is_said_before_it_is_made(monkeypatch):
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=1e8))
    with pytest.raises(DataError, match=r"25,000,000 edges would need about 1\.6 GB.*graph\.past"):
        window_edges(np.array([0, 5_000]), -1, -1)
    assert window_edges(np.array([0, 5_000]), 10, 10).shape[1] > 100_000


def test_two_hundred_speakers_in_pairs_are_written_and_read(tmp_path):
    corpus = make_corpus([400, 5, 5])
    corpus.utterances["speaker"] = [f"s{n % 200}" for n in range(len(corpus.utterances))]
    graph = build_graph(corpus, GraphConfig(past=1, future=1, relations="speaker-pair"))
    write_graph(graph, tmp_path / "graph.h5")
    assert read_graph(tmp_path / "graph.h5").relations == graph.relations
    assert len(graph.relations) == 80_000
