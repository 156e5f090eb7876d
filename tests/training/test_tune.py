"""The search: it finds what was planted, survives a kill, and never reads the test split."""

import os
import signal
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import optuna
import pytest
import yaml
from optuna.trial import TrialState

from ariigcn.core.errors import ConfigError, DataError
from ariigcn.core.storage import write_json
from ariigcn.corpora.table import SPLITS
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.file import read_graph, write_graph
from ariigcn.models.config import ModelConfig
from ariigcn.training.config import TrainingConfig, TuneConfig
from ariigcn.training.run import Run
from ariigcn.training.tune import Search, make_trials, tune
from ariigcn.training.tuned import write_tuned
from tests.synthetic_corpus import LABELS
from tests.training.test_run import inputs  # noqa: F401  (a fixture)

SPACE = {
    "model.hidden": [16, 32, 64],
    "training.learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "model.losses.margin": {"low": 0.1, "high": 1.0},
}


def make_search(tmp_path, **config):
    graph = tmp_path / "graph.h5"
    if not graph.exists():
        graph.write_bytes(b"not read by these objectives")
    model = ModelConfig(hidden=32, losses={"margin": 0.5})
    run = Run("ar-iigcn", 0, graph, {}, GraphConfig(), model, TrainingConfig())
    settings = TuneConfig(**{"trials": 40, "workers": 1, "space": SPACE, **config})
    return Search(run, settings, settings.space)


def planted(values):
    """Highest at hidden 64, learning rate 1e-2, margin 0.7."""
    near = abs(np.log10(values["training.learning_rate"]) + 2)
    return (values["model.hidden"] == 64) - near - abs(values["model.losses.margin"] - 0.7)


def journal(tmp_path):
    return tmp_path / "studies" / "study.log"


def best(trials):
    return max(trials, key=lambda trial: trial["score"])["values"]


def test_it_finds_what_was_planted_and_starts_from_what_is_configured(tmp_path):
    search = make_search(tmp_path)
    trials = make_trials(search, 0, journal(tmp_path), planted)
    assert len(trials) == 40
    found = best(trials)
    assert found["model.hidden"] == 64
    assert found["training.learning_rate"] == pytest.approx(1e-2, rel=0.7)
    assert found["model.losses.margin"] == pytest.approx(0.7, abs=0.15)
    assert trials[0]["configured"]
    assert trials[0]["values"]["model.hidden"] == 32
    again = make_trials(search, 0, tmp_path / "again.log", planted)
    assert again == trials


def test_workers_share_a_study_and_make_the_budget_between_them(tmp_path):
    search = make_search(tmp_path, trials=5, workers=2)
    shares = [make_trials(search, worker, journal(tmp_path), planted) for worker in (0, 1)]
    assert [len(share) for share in shares] == [3, 2]
    assert sorted(t["number"] for share in shares for t in share) == list(range(5))


def die_in_the_third_trial(tmp_path):
    seen = []

    def objective(values):
        seen.append(values)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return planted(values)

    make_trials(make_search(tmp_path, trials=6), 0, journal(tmp_path), objective)


def test_a_killed_worker_goes_on_marks_its_dead_trial_and_meets_the_budget(tmp_path):
    killed = get_context("fork").Process(target=die_in_the_third_trial, args=(tmp_path,))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL

    search, calls = make_search(tmp_path, trials=6), []
    trials = make_trials(
        search, 0, journal(tmp_path), lambda values: calls.append(values) or planted(values)
    )
    assert len(calls) == 4
    assert [t["number"] for t in trials] == [0, 1, 3, 4, 5, 6]
    states = [t.state for t in load(tmp_path, search).trials]
    assert states.count(TrialState.FAIL) == 1
    assert TrialState.RUNNING not in states


def load(tmp_path, search):
    storage = optuna.storages.JournalStorage(
        optuna.storages.journal.JournalFileBackend(str(journal(tmp_path)))
    )
    return optuna.load_study(study_name=search.study_name(), storage=storage)


def test_an_impossible_setting_counts_and_is_told(tmp_path):
    def objective(values):
        if values["model.hidden"] != 64:
            raise DataError("the loss is nan")
        return planted(values)

    trials = make_trials(make_search(tmp_path, trials=12), 0, journal(tmp_path), objective)
    assert len(trials) == 12
    assert {t["error"] for t in trials} == {"", "the loss is nan"}
    assert best([t for t in trials if t["score"] is not None])["model.hidden"] == 64


def test_without_selection_on_validation_there_is_no_search(tmp_path):
    search = make_search(tmp_path)
    run = replace(search.run, training=TrainingConfig(selection="last"))
    with pytest.raises(ConfigError, match="no validation score can choose"):
        tune(replace(search, run=run), 0, tmp_path, tmp_path / "out.json")


def write_trials(path, *scores):
    rows = [
        {"number": n, "score": s, "configured": n == 0, "values": {"model.hidden": v}, "error": "e"}
        for n, (s, v) in enumerate(scores)
    ]
    write_json({"trials": rows}, path)
    return path


def test_the_preset_holds_the_best_where_it_takes_effect(tmp_path):
    one = write_trials(tmp_path / "a.json", (0.5, 16), (0.7, 64), (0.7, 32), (None, 128))
    two = write_trials(tmp_path / "b.json", (0.4, 16))
    overrides = {"ar-iigcn": {}, "mmgcn": {"model": {"name": "mmgcn"}}}
    write_tuned({"ar-iigcn": [one], "mmgcn": [two]}, overrides, tmp_path / "tuned.yaml")
    text = (tmp_path / "tuned.yaml").read_text()
    assert "# ar-iigcn: 0.7000, 0.5000 as configured, 3 of 4 trials" in text
    assert yaml.safe_load(text) == {
        "model": {"hidden": 64},
        "experiments": {"mmgcn": {"model": {"hidden": 16}}},
    }
    overrides["ar-iigcn"] = {"model": {"hidden": 8}}
    write_tuned({"ar-iigcn": [one]}, overrides, tmp_path / "tuned.yaml")
    text = (tmp_path / "tuned.yaml").read_text()
    assert yaml.safe_load(text) == {"experiments": {"ar-iigcn": {"model": {"hidden": 64}}}}
    failed = write_trials(tmp_path / "c.json", (None, 1))
    with pytest.raises(DataError, match="no trial of ar-iigcn succeeded: e"):
        write_tuned({"ar-iigcn": [failed]}, overrides, tmp_path / "tuned.yaml")


def test_permuting_test_labels_changes_no_trial_and_no_choice(inputs, tmp_path):  # noqa: F811
    """The test split is sealed: the search's every score and the preset are the same without it."""
    space = {"model.hidden": [8, 16], "training.learning_rate": {"low": 1e-3, "high": 1e-2}}
    config = TuneConfig(trials=3, workers=1, space=space)
    training = TrainingConfig(epochs=3, batch_dialogues=2)
    model = ModelConfig(name="mlp", hidden=16)
    run = Run("mlp", 0, inputs[0], inputs[1], GraphConfig(), model, training)

    def result(name):
        files = [tmp_path / f"{name}.json"]
        tune(Search(run, config, config.space), 0, tmp_path / name, files[0])
        write_tuned({"mlp": files}, {"mlp": {}}, tmp_path / f"{name}.yaml")
        return files[0].read_bytes(), (tmp_path / f"{name}.yaml").read_bytes()

    before = result("true")
    graph = read_graph(inputs[0])
    test = np.repeat(graph.split == SPLITS.index("test"), np.diff(graph.dialogue_ptr))
    assert test.any()
    graph.label[test] = np.where(graph.label[test] < 0, -1, (graph.label[test] + 1) % len(LABELS))
    write_graph(graph, inputs[0])
    assert result("permuted") == before
