from pathlib import Path

import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.evaluation.metrics import evaluate, evaluate_experiment, score
from ariigcn.evaluation.run_files import read_metrics
from tests.sealing import seal_again
from tests.synthetic_runs import make_project, write_run_table

HEAD = {
    "corpus": "toy",
    "experiment": "toy",
    "seed": 3,
    "labels": ["joy", "anger", "fear"],
    "modalities": ["text"],
    "selected_epoch": 2,
    "epochs": 4,
}


def predictions(folder: Path, rows: list[tuple[str, str | None, str]]) -> Path:
    frame = pd.DataFrame(rows, columns=["split", "label", "prediction"])
    frame["utterance_id"] = [f"u{i}" for i in frame.index]
    write_run_table(folder / "predictions.parquet", frame, HEAD)
    return folder / "predictions.parquet"


def test_scores_of_a_split_worked_by_hand():
    scores = score(["joy", "joy", "joy", "anger"], ["joy", "joy", "anger", "anger"], HEAD["labels"])
    assert scores["accuracy"] == 0.75
    # joy: precision 1, recall 2/3, F1 0.8; anger: precision 1/2, recall 1, F1 2/3
    assert scores["per_class"]["joy"]["f1"] == pytest.approx(0.8)
    assert scores["weighted_f1"] == pytest.approx((3 * 0.8 + 2 / 3) / 4)
    assert scores["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2)
    assert scores["confusion"] == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_an_absent_class_has_no_score_and_does_not_lower_macro_f1():
    scores = score(["joy", "anger"], ["joy", "anger"], HEAD["labels"])
    assert scores["per_class"]["fear"] == {
        "precision": None,
        "recall": None,
        "f1": None,
        "support": 0,
    }
    assert scores["macro_f1"] == 1.0


def test_an_absent_class_that_is_predicted_costs_the_class_it_should_have_been():
    scores = score(["joy", "anger"], ["fear", "anger"], HEAD["labels"])
    assert scores["macro_f1"] == pytest.approx(0.5)
    assert scores["confusion"][0] == [0, 0, 1]


def test_a_class_that_is_never_predicted_scores_zero():
    scores = score(["joy", "anger"], ["joy", "joy"], HEAD["labels"])
    assert scores["per_class"]["anger"]["f1"] == 0.0


def test_micro_f1_without_neutral_leaves_the_neutral_class_out():
    true = ["neutral", "neutral", "joy", "joy", "anger"]
    predicted = ["neutral", "joy", "joy", "neutral", "anger"]
    labels = ["anger", "joy", "neutral"]
    # 2 hits, 3 predictions and 3 labels of another class than neutral
    scores = score(true, predicted, labels)
    assert scores["micro_f1_without_neutral"] == pytest.approx(2 * 2 / (3 + 3))
    assert score(["joy"], ["joy"], ["anger", "joy"])["micro_f1_without_neutral"] is None


def test_context_and_training_utterances_do_not_count(tmp_path):
    rows = [("train", "joy", "anger"), ("test", None, "fear"), ("test", "joy", "joy")]
    metrics = evaluate(predictions(tmp_path, rows))
    assert list(metrics["splits"]) == ["test"]
    assert metrics["splits"]["test"]["n"] == 1
    assert metrics["splits"]["test"]["accuracy"] == 1.0


def test_what_is_written_is_read_again_and_is_the_same_each_time(tmp_path):
    source = predictions(tmp_path, [("test", "joy", "joy"), ("validation", "anger", "joy")])
    outs = [tmp_path / "a.json", tmp_path / "b.json"]
    evaluate_experiment([source, source], outs)
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert read_metrics(outs[0]) == evaluate(source)
    assert (read_metrics(outs[0])["seed"], read_metrics(outs[0])["selected_epoch"]) == (3, 2)


def test_a_foreign_label_is_an_error_that_names_the_utterance(tmp_path):
    with pytest.raises(DataError, match="u1: prediction 'rage' is not one of joy, anger, fear"):
        evaluate(predictions(tmp_path, [("test", "joy", "joy"), ("test", "joy", "rage")]))


def test_a_parquet_file_of_another_kind_is_an_error(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    seal_again(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="not a table of a run"):
        evaluate(tmp_path / "a.parquet")


def test_a_corpus_without_validation_is_scored_on_test_alone(tmp_path):
    project = make_project(tmp_path, validation=False)
    assert list(read_metrics(project.metrics["ar-iigcn"][0])["splits"]) == ["test"]
