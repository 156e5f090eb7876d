"""Batches are cut as torch_geometric would join them, and stores are lined up by utterance."""

import h5py
import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from ariigcn.core.errors import DataError
from ariigcn.features.store import Rows, Status, StoreHeader, write_store
from ariigcn.graphs.build import build_graph
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import load_dialogues
from ariigcn.graphs.file import write_graph
from tests.sealing import seal_again
from tests.synthetic_corpus import make_corpus, make_toy

LENGTHS = [3, 1, 12, 5]


def test_batch_equals_torch_geometrics_own():
    dialogues = make_toy(LENGTHS)
    order = torch.tensor([2, 0, 3])
    ours = dialogues.batch(order).to_geometric()
    singles = [dialogues.batch(torch.tensor([d])).to_geometric() for d in order.tolist()]
    for single in singles:
        del single.batch, single.ptr, single.rows
    theirs = Batch.from_data_list(singles)
    for key in ("x_text", "x_video", "mask", "y", "speaker", "edge_index", "edge_type"):
        assert torch.equal(ours[key], theirs[key]), key
    assert torch.equal(ours.batch, theirs.batch)
    assert torch.equal(ours.ptr, theirs.ptr)
    assert ours.num_nodes == theirs.num_nodes


def write_text_store(path, ids, corpus="toy"):
    header = StoreHeader(corpus, "text", "test", "1", dimension=2)
    values = np.array([[int(i.split("_u")[1]), 1.0] for i in ids], dtype=np.float32)
    status = [Status.MISSING if i.endswith("_u1") else Status.OK for i in ids]
    write_store(path, header, [Rows(ids, values, status, [""] * len(ids))])


def test_stores_stand_in_the_tables_order(tmp_path):
    graph = build_graph(make_corpus(LENGTHS), GraphConfig())
    write_graph(graph, tmp_path / "graph.h5")
    write_text_store(tmp_path / "text.h5", list(reversed(graph.utterance_ids)))
    with pytest.raises(DataError, match=r"(?s)in its order.*row 1 is d3_u4, expected d0_u0"):
        load_dialogues(tmp_path / "graph.h5", {"text": tmp_path / "text.h5"})
    write_text_store(tmp_path / "text.h5", graph.utterance_ids)
    dialogues = load_dialogues(tmp_path / "graph.h5", {"text": tmp_path / "text.h5"})
    positions = [int(i.split("_u")[1]) for i in graph.utterance_ids]
    assert dialogues.x["text"][:, 0].tolist() == positions
    assert dialogues.mask[:, 0].tolist() == [p != 1 for p in positions]


def test_features_of_another_corpus_or_table_are_refused(tmp_path):
    graph = build_graph(make_corpus(LENGTHS), GraphConfig())
    write_graph(graph, tmp_path / "graph.h5")
    write_text_store(tmp_path / "other.h5", graph.utterance_ids, corpus="meld")
    with pytest.raises(DataError, match="its corpus is 'meld', expected 'toy'"):
        load_dialogues(tmp_path / "graph.h5", {"text": tmp_path / "other.h5"})
    write_text_store(tmp_path / "short.h5", graph.utterance_ids[:-1])
    with pytest.raises(DataError, match=f"no row for {graph.utterance_ids[-1]}"):
        load_dialogues(tmp_path / "graph.h5", {"text": tmp_path / "short.h5"})


def test_modalities_that_are_exchanged_are_refused(tmp_path):
    graph = build_graph(make_corpus(LENGTHS), GraphConfig())
    write_graph(graph, tmp_path / "graph.h5")
    write_text_store(tmp_path / "text.h5", graph.utterance_ids)
    with pytest.raises(DataError, match="its modality is 'text', expected 'audio'"):
        load_dialogues(tmp_path / "graph.h5", {"audio": tmp_path / "text.h5"})


def test_features_that_are_not_finite_are_refused_by_row(tmp_path):
    graph = build_graph(make_corpus(LENGTHS), GraphConfig())
    write_graph(graph, tmp_path / "graph.h5")
    write_text_store(tmp_path / "text.h5", graph.utterance_ids)
    with h5py.File(tmp_path / "text.h5", "r+") as file:
        file["values"][2, 0] = np.nan
    seal_again(tmp_path / "text.h5")
    with pytest.raises(DataError, match=rf"(?s)text.h5: NaN.*row 3 \({graph.utterance_ids[2]}\)"):
        load_dialogues(tmp_path / "graph.h5", {"text": tmp_path / "text.h5"})
