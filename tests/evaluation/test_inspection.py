from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ariigcn.core.errors import DataError
from ariigcn.evaluation import inspection
from ariigcn.evaluation.figures.representations import (
    CATEGORIES,
    draw_representations,
    emotion_categories,
)
from ariigcn.evaluation.inspection_file import STAGES, read_inspection, write_inspection
from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.models.config import ModelConfig
from tests.sealing import seal_again
from tests.synthetic_corpus import LABELS, SIZES, make_corpus, make_toy
from tests.synthetic_inspection import make_inspection

LENGTHS = [5, 40, 1, 7, 12]


def make_model(dialogues, **config):
    torch.manual_seed(0)
    settings = ModelConfig(hidden=16, **config)
    return ARIIGCN(SIZES, len(LABELS), len(dialogues.graph.relations), settings).eval()


def test_attention_is_the_models_own_edge_by_edge():
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues, graph_layers=1)
    source, weight = inspection.attention(model, dialogues)
    h = model(dialogues.batch(torch.arange(len(LENGTHS)))).aligned
    layer = model.graph[0]
    from_source, from_target = layer.score(h).unbind(-1)
    read, reader = dialogues.edge_index
    bias = layer.relation_bias[:, 0, dialogues.edge_type]
    score = torch.nn.functional.leaky_relu(
        from_source[:, read] + from_target[:, reader] + bias, 0.2
    ).exp()
    total = torch.zeros(len(SIZES), len(source)).index_add(1, reader, score)
    alpha = (score / total[:, reader]).mean(0).detach().numpy()
    expected = {(int(i), int(j)): a for i, j, a in zip(reader, read, alpha, strict=True)}
    for i, (sources, weights) in enumerate(zip(source, weight, strict=True)):
        for j, share in zip(sources, weights, strict=True):
            assert share == pytest.approx(expected.pop((i, int(j)), 0), abs=1e-6)
    assert expected == {}  # the window holds fewer utterances than are kept


def test_the_strongest_sources_are_kept_and_fall(monkeypatch):
    monkeypatch.setattr(inspection, "SOURCES", 3)
    dialogues = make_toy(LENGTHS)
    source, weight = inspection.attention(make_model(dialogues), dialogues)
    assert source.shape == (65, 3)
    assert (np.diff(weight, axis=1) <= 0).all()
    alone = 45  # the dialogue of one utterance
    assert source[alone].tolist() == [alone, -1, -1]
    assert weight[alone].tolist() == [1, 0, 0]


def test_without_a_graph_nothing_is_read():
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues, graph_layers=0)
    source, weight = inspection.attention(model, dialogues)
    assert (source == -1).all() and not weight.any()
    assert not inspection.reached(model, dialogues).any()
    assert "nodes" not in inspection.representations(model, dialogues)[2]


def test_a_model_without_graph_and_nodes_has_nothing_to_draw():
    class Baseline(torch.nn.Module):
        def forward(self, batch):
            return SimpleNamespace(logits=torch.zeros(batch.num_nodes, 3), mask=batch.mask)

    dialogues = make_toy(LENGTHS)
    row, _, stages = inspection.representations(Baseline(), dialogues)
    assert (len(row), stages) == (0, {})
    assert not inspection.attention(Baseline(), dialogues)[1].any()


def test_how_many_are_reached_is_the_windows_size():
    dialogues = make_toy(LENGTHS)
    reached = inspection.reached(make_model(dialogues), dialogues)
    assert reached[:5].tolist() == [4, 5, 5, 5, 4]  # three before, three after, itself


def test_nodes_are_held_out_and_carry_evidence():
    dialogues = make_toy(LENGTHS)
    row, modality, stages = inspection.representations(make_model(dialogues), dialogues)
    held_out = torch.cat([dialogues.of_split(s) for s in ("validation", "test")])
    assert set(row) <= set(dialogues.rows(held_out).tolist())
    assert len(row) == int(dialogues.mask[dialogues.rows(held_out)].sum())
    assert dialogues.mask[row.astype(int), modality.astype(int)].all()
    assert [s.shape for s in stages.values()] == [(len(row), 16)] * 3


def test_many_nodes_are_drawn_from_the_same_ones_each_time(monkeypatch):
    monkeypatch.setattr(inspection, "DRAWN_NODES", 10)
    dialogues = make_toy(LENGTHS)
    first, again = (inspection.representations(make_model(dialogues), dialogues) for _ in "ab")
    assert len(first[0]) == 10
    assert (first[0] == again[0]).all()


def test_a_layout_is_the_same_each_time_and_fills_the_square():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((60, 8)).astype(np.float32)
    points = inspection.embed(vectors)
    assert np.array_equal(points, inspection.embed(vectors))
    assert np.abs(points).max() == pytest.approx(1, abs=1e-3)
    assert inspection.embed(vectors[:3]).tolist() == [[0, 0]] * 3
    assert not inspection.embed(np.ones((20, 4), np.float32)).any()


def test_a_file_comes_back_as_it_was(tmp_path):
    found = make_inspection(make_corpus(LENGTHS))
    write_inspection(found, tmp_path / "a.h5")
    back = read_inspection(tmp_path / "a.h5")
    assert back.utterance_ids == found.utterance_ids
    assert (back.experiment, back.seed, back.modalities) == ("ar-iigcn", 0, found.modalities)
    for name in ("source", "weight", "reach", "row", "modality"):
        assert np.array_equal(getattr(back, name), getattr(found, name)), name
    assert list(back.points) == list(STAGES)
    (tmp_path / "a.h5").write_bytes(b"")
    seal_again(tmp_path / "a.h5")
    with pytest.raises(DataError, match="not an inspection file"):
        read_inspection(tmp_path / "a.h5")


def test_the_figure_is_the_same_each_time_and_names_its_parts(tmp_path):
    from ariigcn.corpora.table import write_corpus

    corpus = make_corpus(LENGTHS)
    write_corpus(corpus, tmp_path / "table.parquet")
    write_inspection(make_inspection(corpus), tmp_path / "a.h5")
    for name in ("a.svg", "b.svg"):
        draw_representations(tmp_path / "a.h5", tmp_path / "table.parquet", tmp_path / name)
    svg = (tmp_path / "a.svg").read_text()
    assert svg == (tmp_path / "b.svg").read_text()
    for part in ("After the generators", *LABELS, "audio", "held-out"):
        assert part in svg


def test_a_figure_of_nothing_says_so(tmp_path):
    from ariigcn.corpora.table import write_corpus

    corpus = make_corpus(LENGTHS)
    write_corpus(corpus, tmp_path / "table.parquet")
    found = make_inspection(corpus)
    found = replace(found, row=found.row[:0], modality=found.modality[:0], points={})
    write_inspection(found, tmp_path / "a.h5")
    draw_representations(tmp_path / "a.h5", tmp_path / "table.parquet", tmp_path / "a.svg")
    assert "no nodes with evidence" in (tmp_path / "a.svg").read_text()


def test_emotions_take_the_colour_one_expects_and_never_the_same():
    known = emotion_categories(["anger", "neutral", "sadness"])
    assert [CATEGORIES[c] for c in known] == ["#c7374b", "#6b7480", "#0072b2"]
    assert emotion_categories(["odd", "anger", "angry"])[1] == 6
    assert len(set(emotion_categories(["odd", "anger", "angry", "sad", "strange"]))) == 5
    many = emotion_categories([f"emotion {n}" for n in range(28)])
    assert max(many.count(category) for category in many) <= 3
