"""What every seed would refuse is refused by one check, in the words of the run itself."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from ariigcn.core import memory
from ariigcn.core.errors import DataError
from ariigcn.corpora.table import SPLITS
from ariigcn.features.config import EncoderConfig
from ariigcn.graphs.file import read_graph, write_graph
from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.training.checks import check_run
from ariigcn.training.run import train
from tests.training.test_run import TRAINING, fitted, inputs, make_files, make_run

__all__ = ["inputs"]


def without(split):
    """The same inputs, where a split's labels are gone."""

    def change(inputs):
        graph = read_graph(inputs[0])
        rows = (graph.split == SPLITS.index(split)).repeat(
            graph.dialogue_ptr[1:] - graph.dialogue_ptr[:-1]
        )
        assert (graph.label[rows] >= 0).any()
        graph.label[rows] = -1
        write_graph(graph, inputs[0])
        return make_run(inputs)

    return change


def exchanged(inputs):
    graph, stores = inputs
    return make_run((graph, {**stores, "text": stores["audio"]}))


def of_another_encoder(inputs):
    asked = {"text": EncoderConfig(modality="text", encoder="minilm")}
    return replace(make_run(inputs), encoders=asked)


REFUSED = [
    (exchanged, "its modality is 'audio'"),
    (of_another_encoder, "made by test .* asks for minilm"),
    (lambda inputs: make_run(fitted(inputs, cut=True)), "encoder of text has seen"),
    (without("train"), "no labelled utterance in the train split"),
    (without("validation"), "no labelled utterance in the validation split.*'last'"),
]


@pytest.mark.parametrize(("change", "words"), REFUSED)
def test_it_refuses_what_a_run_refuses_in_the_same_words(inputs, tmp_path, change, words):
    run = change(inputs)
    with pytest.raises(DataError, match=words) as said_once:
        check_run(run)
    with pytest.raises(DataError) as said_by_the_run:
        train(run, make_files(tmp_path / "run"))
    assert str(said_once.value) == str(said_by_the_run.value)


def test_a_model_that_cannot_be_built_is_refused(inputs, monkeypatch):
    def refuse(*_):
        raise DataError("no such layer")

    monkeypatch.setattr(ARIIGCN, "make_layers", refuse)
    with pytest.raises(DataError, match="no such layer"):
        check_run(make_run(inputs))


def test_test_labels_are_not_needed(inputs):
    check_run(without("test")(inputs))


def test_it_leaves_no_trace_and_asks_nothing_of_the_machine(inputs, tmp_path, monkeypatch):
    """This machine may be another than the one that trains: without its GPU, and with less memory."""
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=1e4))
    run = make_run(inputs, training=TRAINING.model_copy(update={"device": "cuda"}))
    before = sorted(tmp_path.rglob("*"))
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    check_run(run)
    assert torch.equal(torch.rand(4), expected)
    assert sorted(tmp_path.rglob("*")) == before
