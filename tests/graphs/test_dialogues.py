"""Batches are cut as torch_geometric would join them, and stores are lined up by utterance."""

import pickle
import re
from pathlib import Path

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
from ariigcn.models.parts import encoders
from ariigcn.models.parts.encoders import Standardiser
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


def anonymous_mb():
    """Memory of this process that no file backs."""
    said = Path("/proc/self/status").read_text()
    return int(re.findall(r"RssAnon:\s+(\d+)", said)[0]) / 1024


def test_features_stay_in_their_store_and_a_batch_copies_its_rows(tmp_path):
    graph = build_graph(make_corpus([10] * 400), GraphConfig())
    write_graph(graph, tmp_path / "graph.h5")
    count, size = len(graph.label), 8192
    header = StoreHeader("toy", "audio", "test", "1", dimension=size)
    values = np.random.default_rng(0).standard_normal((count, size), np.float32)
    rows = Rows(graph.utterance_ids, values, [Status.OK] * count, [""] * count)
    write_store(tmp_path / "audio.h5", header, [rows])
    load_dialogues(tmp_path / "graph.h5", {"audio": tmp_path / "audio.h5"})  # libraries are loaded
    before = anonymous_mb()
    dialogues = load_dialogues(tmp_path / "graph.h5", {"audio": tmp_path / "audio.h5"})
    standardise = Standardiser({"audio": size})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoders, "COUNTED", 64)
        standardise.fit(dialogues.x, dialogues.mask, torch.arange(count))
    ready = dialogues.prepared(lambda batch: standardise(batch.x, batch.mask))
    batches = (ready.batch(part) for part in torch.arange(400).split(4))
    assert sum(batch.num_nodes for batch in batches) == count
    held_mb = anonymous_mb() - before
    assert values.nbytes / 1e6 == pytest.approx(131, abs=1)
    assert held_mb < 40
    assert len(pickle.dumps(dialogues.mapped)) < 1000  # other processes map the file for themselves
    (again,) = pickle.loads(pickle.dumps(dialogues.mapped))
    assert np.array_equal(again.values[7:9], values[7:9]) and not again.values.flags.writeable
    batch = ready.held(0).batch(torch.tensor([5, 3]))
    due = np.concatenate([values[50:60], values[30:40]]).astype(np.float64)
    exact = (due - values.mean(0, np.float64)) / values.std(0, dtype=np.float64)
    assert np.allclose(batch.x["audio"], exact, atol=1e-5)
    assert ready.held(132) is not ready and ready.held(131) is ready


def test_what_is_held_is_what_each_batch_prepares():
    dialogues = make_toy(LENGTHS * 40)
    ready = dialogues.prepared(lambda batch: {m: 2 * x for m, x in batch.x.items()}).prepared(
        lambda batch: {m: x + batch.rows.unsqueeze(1) for m, x in batch.x.items()}
    )
    held = ready.held(1)
    assert not held.preparations
    part = torch.tensor([2, 0, 150])
    rows = dialogues.rows(part)
    for modality, x in dialogues.x.items():
        due = 2 * x[rows] + rows.unsqueeze(1)
        assert torch.equal(ready.batch(part).x[modality], due)
        assert torch.equal(held.batch(part).x[modality], due)
