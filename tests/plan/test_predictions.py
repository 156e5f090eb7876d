"""A run that predicts takes encoders and graph from its model, and no training with it."""

import pytest

from ariigcn.config.sections import load_config
from ariigcn.core.errors import ConfigError
from ariigcn.plan.corpus import of_recordings, table_root, tolerance
from ariigcn.plan.load import load_plan


@pytest.fixture
def talks(tmp_path):
    (tmp_path / "talk.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nAnn: Hello\n")
    return {"corpus": "folder", "corpus_root": str(tmp_path)}


def test_a_plain_name_in_the_models_place_is_a_trained_model(talks):
    short = load_config(talks | {"model": "meld-text"})
    assert short == load_config(talks | {"predict": {"model": "meld-text"}})
    assert load_config(talks | {"model": {"hidden": 8}}).predict.model is None


def test_encoders_graph_and_files_are_the_models(talks):
    own = {
        "graph": {"past": 3},
        "features": {"text": {"encoder": "glove", "parameters": {"vectors": "x"}}},
    }
    plan = load_plan(talks | own | {"model": "meld-text", "experiments": {"x": {}}})
    assert plan.trained.name == "meld-text"
    assert plan.stores_of(plan.main) == {
        "text": "results/folder/predictions/meld-text/features/text.minilm.h5"
    }
    assert plan.experiments[plan.main].graph.past != 3
    assert plan.files.table == "data/folder/predictions/utterances.parquet"
    assert of_recordings(plan.config)
    assert str(table_root(plan.config)) == "/"
    assert tolerance(plan.config) == {"max_failed_share": 1.0, "at_least_one": False}


def test_a_table_of_ones_own_is_read_as_it_is_for_training(talks, tmp_path):
    (tmp_path / "conversations.csv").write_text("dialogue_id,utterance_id,speaker,text\nd,u,a,Hi\n")
    plan = load_plan(talks | {"model": "meld-text"})
    assert not of_recordings(plan.config)
    assert table_root(plan.config) == tmp_path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"model": "meld-txt"},
            "predict.model: unknown model 'meld-txt'; did you mean 'meld-text'",
        ),
        ({"model": "meld-text", "corpus_root": None}, "needs its folder"),
        ({"predict": {"modle": "x"}}, "did you mean 'model'"),
    ],
)
def test_what_cannot_work_is_refused_before_any_job(talks, change, message):
    with pytest.raises(ConfigError, match=message):
        load_plan(talks | change)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="holds no recording and no transcript"):
        load_plan({"corpus": "folder", "corpus_root": str(tmp_path), "model": "meld-text"})
