import json

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.report import conversations
from ariigcn.report.conversations import conversation_data, embedded, representation_data
from tests.synthetic_inspection import make_inspection
from tests.synthetic_runs import LABELS, make_corpus, make_project


@pytest.fixture(scope="module")
def predictions(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("project")).predictions["ar-iigcn"][0]


@pytest.fixture(scope="module")
def corpus():
    return make_corpus()


@pytest.fixture(scope="module")
def data(corpus, predictions):
    inspection = make_inspection(corpus)
    return conversation_data(corpus, predictions, inspection, shown="test", text=True)


def test_columns_are_those_of_the_table(data, corpus):
    frame = corpus.utterances
    test = frame[frame["split"] == "test"].reset_index(drop=True)
    assert data["id"] == test["utterance_id"].tolist()
    assert data["text"] == test["text"].tolist()
    assert [data["speakers"][s] for s in data["speaker"]] == test["speaker"].tolist()
    names = [*LABELS, None]
    expected = test["emotion"].astype(object).where(test["emotion"].notna(), None)
    assert [names[e] for e in data["emotion"]] == expected.tolist()
    first = test.iloc[data["start"][:-1]]
    assert first["position"].eq(0).all()
    assert first["dialogue_id"].tolist() == data["dialogue"]
    assert data["start"][-1] == len(test)


def test_probabilities_add_up_to_a_thousand(data):
    sums = np.reshape(data["probability"], (-1, len(LABELS))).sum(1)
    assert np.abs(sums - 1000).max() <= len(LABELS)


def test_sources_stay_within_the_dialogue(data):
    source = np.reshape(data["source"], (len(data["id"]), data["sources"]))
    weight = np.reshape(data["weight"], source.shape)
    dialogue = np.repeat(np.arange(len(data["dialogue"])), np.diff(data["start"]))
    read = np.arange(len(source))[:, None] + source
    inside = weight > 0
    assert (dialogue[read[inside]] == np.broadcast_to(dialogue[:, None], read.shape)[inside]).all()
    assert (inside.sum(1) <= data["reach"]).all()
    assert np.abs(weight.sum(1) - 1000).max() <= data["sources"]


def test_without_text_there_is_none(corpus, predictions):
    inspection = make_inspection(corpus)
    data = conversation_data(corpus, predictions, inspection, shown="all", text=False)
    assert data["text"] is None
    assert len(data["id"]) == len(corpus.utterances)
    assert "secret" not in embedded(data)


def test_of_too_many_utterances_whole_conversations_are_drawn(corpus, predictions, monkeypatch):
    inspection = make_inspection(corpus)
    frame = corpus.utterances
    longest = int(frame["dialogue_id"].value_counts().max())
    monkeypatch.setattr(conversations, "MOST", len(frame) // 2)
    data = conversation_data(corpus, predictions, inspection, shown="all", text=True)
    assert data["drawn_from"] == len(frame)
    assert len(frame) // 2 - longest < len(data["id"]) <= len(frame) // 2
    kept = frame[frame["dialogue_id"].isin(data["dialogue"])]
    assert data["id"] == kept["utterance_id"].tolist()
    assert data["text"] == kept["text"].tolist()
    again = conversation_data(corpus, predictions, inspection, shown="all", text=True)
    assert again == data
    monkeypatch.setattr(conversations, "MOST", 1)
    data = conversation_data(corpus, predictions, inspection, shown="all", text=True)
    assert len(data["dialogue"]) == 1


def test_an_inspection_of_other_utterances_is_refused(corpus, predictions):
    other = make_corpus()
    other.utterances["utterance_id"] = other.utterances["utterance_id"].iloc[::-1].to_numpy()
    with pytest.raises(DataError, match="belongs to another utterance table"):
        conversation_data(corpus, predictions, make_inspection(other), shown="test", text=False)


def test_nodes_know_their_utterance(corpus):
    inspection = make_inspection(corpus, nodes=50)
    data = representation_data(corpus, inspection)
    ids = corpus.utterances["utterance_id"].to_numpy()[inspection.row]
    assert [data["id"][u] for u in data["utterance"]] == ids.tolist()
    assert [len(s["point"]) for s in data["stages"]] == [100] * 3
    assert np.abs(data["stages"][0]["point"]).max() <= 1000


def test_what_is_embedded_cannot_end_its_element():
    hostile = {"text": ["</script><script>alert(1)</script>", "<!--", "a & b"]}
    text = str(embedded(hostile))
    assert "<" not in text and ">" not in text
    assert json.loads(text) == hostile
