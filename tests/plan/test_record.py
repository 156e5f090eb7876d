"""A results folder knows what it was made with: another configuration is told before it replaces it."""

from pathlib import Path

import pytest

from ariigcn.core.storage import read_json, write_json
from ariigcn.plan import record
from ariigcn.plan.load import load_plan


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which the default configuration has run."""
    monkeypatch.chdir(tmp_path)
    ran()
    return tmp_path


def ran(**changes):
    """What a run leaves that has trained its experiments, without the training."""
    plan = load_plan(changes)
    record.note(plan)
    for name, experiment in plan.experiments.items():
        head = {
            "graph": experiment.graph.model_dump(mode="json"),
            "model": experiment.model.model_dump(mode="json"),
            "training": {"experiment": name, "seed": 0, **experiment.training.deciding()},
            "features": {
                m: {"encoder": e.encoder, "parameters": e.parameters, "dimension": 8}
                for m, e in experiment.encoders.items()
            },
        }
        for run in plan.runs("model", name):
            write_json(head, Path(run) / "config.json")
    Path(plan.files.table).parent.mkdir(parents=True, exist_ok=True)
    Path(plan.files.table).touch()


def told(**changes) -> list[str]:
    plan = load_plan(changes)
    return record.replaced(plan, record.changed(plan), record.other_tables(plan))


def test_the_same_configuration_replaces_nothing(folder):
    assert told() == []
    assert told(training={"threads": 1}, seeds=[5], runs_per_gpu=2) == []


def test_another_configuration_is_told_with_both_values_and_the_mend(folder):
    (said,) = told(
        model={"hidden": 64}, features={"audio": {"parameters": {"feature_set": "IS10"}}}
    )
    assert said.startswith("results/demo holds results of another configuration")
    assert "model.hidden: 128, now 64" in said
    assert "feature_set: eGeMAPSv02, now IS10" in said
    assert said.endswith("--config run=NAME")


def test_a_run_with_a_name_has_its_own_results_and_shares_features_and_graphs(folder):
    assert told(model={"hidden": 64}, run="wide") == []
    plain, own = load_plan({}), load_plan({"run": "wide"})
    assert own.files.results == "results/demo.wide" and own.files.report.startswith(
        "results/demo.wide/"
    )
    assert own.inputs_of("ar-iigcn") == plain.inputs_of("ar-iigcn")
    assert own.files.finetuned("x") == plain.files.finetuned("x")
    assert own.files.table == plain.files.table


def test_an_experiment_that_is_added_or_does_not_read_what_changed_replaces_nothing(folder):
    ran(experiments={"text": {"model": {"modalities": ["text"]}}})
    is10 = {"audio": {"parameters": {"feature_set": "IS10"}}}
    text = {"text": {"model": {"modalities": ["text"]}}}
    assert told(experiments={**text, "new": {}}) == []
    assert told(experiments=text, features=is10) == []
    assert len(told(experiments={**text, "ar-iigcn": {}}, features=is10)) == 1


def test_what_the_record_says_follows_the_last_run(folder):
    ran(model={"hidden": 64})
    assert told(model={"hidden": 64}) == [] and len(told()) == 1


def test_another_table_is_told_to_every_run_of_the_corpus(folder):
    (said,) = told(demo={"dialogues": 9}, run="more")
    assert "data/demo/utterances.parquet, which results/demo was made with" in said
    assert "demo.dialogues: 40, now 9" in said
    assert told(demo={"dialogues": 9}, data_dir="other", run="more") == []


def test_a_damaged_record_stops_nothing(folder):
    Path("results/demo/configuration.json").write_text("{}")
    assert told(demo={"dialogues": 9}) == []
    for head in Path("results").rglob("model/config.json"):
        head.write_text("{}")
    assert told(model={"hidden": 64}) == []


def test_one_seed_of_other_settings_is_enough(folder):
    """As after a run that was stopped before it came to the other seeds."""
    (run, *_) = load_plan({}).runs("model", "ar-iigcn")
    head = Path(run) / "config.json"
    write_json(read_json(head, "a head") | {"training": {"learning_rate": 0.5}}, head)
    (said,) = told()
    assert "training.learning_rate: 0.5, now 0.001" in said


def test_a_modality_relative_to_its_speaker_is_another_setting(folder):
    (said,) = told(features={"audio": {"normalise": "speaker"}})
    assert "features.audio.normalise: none, now speaker" in said
