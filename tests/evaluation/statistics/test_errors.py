import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

from ariigcn.corpora.table import read_corpus
from ariigcn.evaluation.predictions import read_predictions
from ariigcn.evaluation.statistics.errors import (
    emotion_shift,
    errors_frame,
    groupings,
    masked_modalities,
)
from tests.synthetic_runs import make_corpus, make_project, table_sources


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("project"))
    experiments = [read_predictions(files) for files in project.predictions.values()]
    corpus = read_corpus(project.table)
    return (
        errors_frame(experiments, corpus, table_sources(project).stores, 500),
        experiments,
        corpus,
    )


def test_every_grouping_parts_all_test_utterances(found):
    frame, experiments, _ = found
    sums = frame.groupby(["experiment", "by"])["n"].sum()
    assert set(sums) == {len(experiments[0].true)}
    assert sums.index.get_level_values("by").nunique() == 6
    inside = frame[frame["accuracy_low"].notna()]
    assert len(inside) > 10
    assert (inside["accuracy_low"] <= inside["accuracy"]).all()
    assert (inside["accuracy"] <= inside["accuracy_high"]).all()


def test_a_group_has_the_scores_of_its_utterances(found):
    frame, experiments, corpus = found
    own = experiments[0]
    speaker = corpus.utterances.set_index("utterance_id")["speaker"]
    ben = (speaker.loc[own.utterance_ids] == "Ben").to_numpy()
    row = frame[(frame["experiment"] == "ar-iigcn") & (frame["group"] == "Ben")].iloc[0]
    pairs = [(own.true[ben], seed[ben]) for seed in own.predicted]
    assert row["n"] == ben.sum()
    assert row["accuracy"] == pytest.approx(np.mean([accuracy_score(*pair) for pair in pairs]))
    scores = [f1_score(*pair, average="weighted", zero_division=0) for pair in pairs]
    assert row["weighted_f1"] == pytest.approx(np.mean(scores))


def test_masked_modalities_are_those_that_the_experiment_reads(found):
    frame = found[0]
    masked = frame[frame["by"] == "masked modalities"].set_index(["experiment", "group"])["n"]
    assert masked["text-only"].index.tolist() == ["0"]
    assert masked["ar-iigcn"].index[0] == "0"
    assert len(masked["ar-iigcn"]) > 1


def talk(*turns):
    rows = [
        {"dialogue_id": "d", "speaker": speaker, "emotion": emotion} for speaker, emotion in turns
    ]
    return pd.DataFrame(rows, index=[f"u{i}" for i in range(len(rows))])


def test_a_shift_looks_back_to_the_speakers_own_labelled_utterance():
    frame = talk(
        ("a", "joy"), ("b", "anger"), ("a", None), ("a", "joy"), ("b", "joy"), ("a", "fear")
    )
    shift = emotion_shift(frame)
    assert shift.to_dict() == {
        "u0": "first labelled", "u1": "first labelled", "u3": "same as before",
        "u4": "changed", "u5": "changed",
    }  # fmt: skip


def test_masks_are_counted_an_utterance():
    masks = [pd.Series([True, False, False]), pd.Series([True, True, False])]
    assert masked_modalities(masks).of.tolist() == ["0", "1", "2"]


def test_positions_count_from_one_and_many_speakers_become_others():
    corpus = make_corpus()
    corpus.utterances["speaker"] = [f"s{i % 17:02d}" for i in range(len(corpus.utterances))]
    _, position, _, speaker, words = groupings(corpus)
    assert position.of.iloc[[0, 1, 5, 9]].tolist() == ["1", "2 to 5", "6 to 10", "6 to 10"]
    assert len(speaker.groups) == 11
    assert speaker.groups[-1] == "7 others"
    assert set(words.of) == {"2 to 5"}
