"""Conversations as a dataset of torch_geometric, which its own loaders and layers take as it is."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader
from torch_geometric.nn import RGCNConv

import ariigcn
from ariigcn import ConversationDataset
from ariigcn.features.store import Rows, Status, StoreHeader, write_store
from ariigcn.graphs.build import build_graph
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import load_dialogues
from ariigcn.graphs.file import write_graph
from tests.synthetic_corpus import make_corpus

LENGTHS = [6, 9, 1, 7, 12]
SIZES = {"text": 4, "audio": 3}


@pytest.fixture
def files(tmp_path):
    graph = build_graph(make_corpus(LENGTHS, unlabelled=0), GraphConfig(past=3, future=3))
    write_graph(graph, tmp_path / "graph.h5")
    rng, count = np.random.default_rng(0), len(graph.utterance_ids)
    for modality, size in SIZES.items():
        values = rng.normal(size=(count, size)).astype(np.float32)
        values[np.arange(count), graph.label.clip(0)] += 3
        rows = Rows(graph.utterance_ids, values, [Status.OK] * count, [""] * count)
        header = StoreHeader("toy", modality, "test", "1", size)
        write_store(tmp_path / f"{modality}.h5", header, [rows])
    return tmp_path / "graph.h5", {m: tmp_path / f"{m}.h5" for m in SIZES}


def test_an_item_is_a_conversation(files):
    data, dialogues = ConversationDataset(*files), load_dialogues(*files)
    assert len(data) == len(LENGTHS) and data.num_relations == 5 and data.num_classes == 3
    item = data[3]
    rows = slice(sum(LENGTHS[:3]), sum(LENGTHS[:4]))
    assert item.num_nodes == 7 and item.x.shape == (7, 7)
    assert torch.equal(item.x[:, :4], dialogues.x["text"][rows])
    assert torch.equal(item.y, dialogues.label[rows])
    assert item.edge_index.max() == 6 and item.dialogue.item() == 3
    item.validate()


def test_splits_are_those_of_the_corpus(files):
    parts = [ConversationDataset(*files, split=s) for s in ("train", "validation", "test")]
    assert sum(map(len, parts)) == len(LENGTHS)
    with pytest.raises(ValueError, match="did you mean 'train'"):
        ConversationDataset(*files, split="trian")


def test_a_loader_and_a_layer_of_torch_geometric_learn_on_it(files):
    torch.manual_seed(0)
    data = ConversationDataset(*files, transform=lambda item: item.sort())
    layer = RGCNConv(7, data.num_classes, data.num_relations)
    optimiser = torch.optim.Adam(layer.parameters(), 0.05)
    losses = []
    for _ in range(30):
        for batch in DataLoader(data, batch_size=2, shuffle=True):
            logits = layer(batch.x, batch.edge_index, batch.edge_type)
            loss = torch.nn.functional.cross_entropy(logits, batch.y, ignore_index=-1)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    assert losses[-1] < losses[0] / 3


def test_the_package_itself_costs_nothing_to_import():
    code = (
        "import time; t = time.process_time(); import ariigcn; print(time.process_time() - t);"
        "import sys; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, torch_there = done.stdout.split()
    assert float(seconds) < 0.05 and torch_there == "False"


def test_what_the_package_does_not_have_is_said():
    with pytest.raises(AttributeError, match="no attribute 'Dataset'"):
        _ = ariigcn.Dataset
