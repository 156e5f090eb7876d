"""A configuration that cannot work is refused before any job, naming the key and the mend."""

import re
import time
from pathlib import Path

import pytest
import yaml

from ariigcn.config.sections import load_config
from ariigcn.core.errors import ConfigError
from ariigcn.plan.corpus import downloads, shows_pictures
from ariigcn.plan.experiments import merge
from ariigcn.plan.load import load_plan
from ariigcn.plan.search import tuned


def default(root):
    return yaml.safe_load((root / "config.yaml").read_text())


def test_the_shipped_configuration_and_presets_are_valid(root, tmp_path):
    load_plan(default(root))
    for preset in sorted((root / "workflow" / "presets").glob("*.yaml")):
        overlay = yaml.safe_load(preset.read_text())
        plan = load_plan(merge(default(root), overlay | {"corpus_root": str(tmp_path)}))
        assert plan.experiments


PUBLISHED = {modality: {"encoder": "published"} for modality in ("text", "audio", "video")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modle": {}}, "unknown key 'modle'; did you mean 'model'?"),
        ({"model": {"hiden": 3}}, "model: unknown key 'hiden'; did you mean 'hidden'?"),
        ({"model": {"hidden": "many"}}, r"model.hidden: write a whole number \(got 'many'\)"),
        ({"training": {"learning_rate": -1}}, "training.learning_rate: .*greater than 0"),
        (
            {"corpus": "mosi", "corpus_root": "."},
            "without media, so features.audio.encoder must be 'published'; use .*mosi.yaml",
        ),
        (
            {"corpus": "emorynlp"},
            "text alone, so no experiment can read video: set model.modalities to .*emorynlp.yaml",
        ),
        ({"corpus": "module:my_lab.nowhere"}, "'my_lab.nowhere' cannot be imported"),
        ({"corpus": "melt"}, "unknown corpus 'melt'; did you mean 'meld'?"),
        ({"corpus": "folder"}, "needs its folder; give it with --config corpus_root=DIR"),
        (
            {"download": {"mirror": "ftp://a/b"}},
            "download: mirror: .* http, https, file or a folder",
        ),
        ({"download": {"offline": "/nowhere"}}, "download: offline: '/nowhere' does not exist"),
        ({"corpus": "meld", "corpus_root": "/nowhere"}, "'/nowhere' is not a folder"),
        ({"features": {"audio": {"encoder": "opensmlie"}}}, "did you mean 'opensmile'"),
        (
            {"features": {"audio": {"encoder": "opensmile", "parameters": {"feature_sett": 1}}}},
            "unknown key 'feature_sett'; did you mean 'feature_set'?",
        ),
        (
            {"evaluation": {"missing_of": ["ar-iign"]}},
            "evaluation.missing_of: unknown experiment 'ar-iign'; did you mean 'ar-iigcn'?",
        ),
        ({"evaluation": {"published": "no.csv"}}, "evaluation.published: 'no.csv' is not a file"),
        ({"experiments": {"x": {"modle": {}}}}, "experiments.x: unknown section 'modle'"),
        ({"experiments": {"x": {"model": {"hidden": 1}}}}, "experiments.x.model.hidden"),
        ({"experiments": {"tables": {}}}, "'tables' cannot name an experiment"),
        (
            {"corpus": "folder", "corpus_root": ".", "split": {"validation_share": 0}},
            "'validation', but split.validation_share is 0, so no validation split is cut; set train",
        ),
        (
            {"corpus": "mosi", "corpus_root": ".", "features": PUBLISHED},
            "experiments.ar-iigcn: training.selection is 'validation', but mosi.validation is false",
        ),
        ({"split": {"validation_share": -0.1}}, "split.validation_share: .*greater than or equal"),
        ({"folder": {"speaker": " "}}, "folder.speaker: "),
        ({"data_dir": "a{b}"}, "data_dir: a{b}: Snakemake reads braces as wildcards"),
        ({"results_dir": "a}b"}, "results_dir: a}b: Snakemake reads braces as wildcards"),
        ({"data_dir": "~nobody-of-this-name/x"}, "data_dir: ~nobody-of-this-name/x: Could not"),
        (
            {"features": {"text": {"encoder": "glove", "parameters": {"vectors": "a{b}.txt"}}}},
            "'a{b}.txt': Snakemake reads braces in a file's name as a wildcard; rename it",
        ),
        ({"seeds": [1, 1]}, "seeds: names 1 twice"),
        ({"seeds": [2**32]}, r"seeds\.0: .*less than 4294967296"),
        ({"seeds": [-1]}, r"seeds\.0: .*greater than or equal to 0"),
        ({"tune": {"seeds": [-1]}}, r"tune\.seeds\.0: "),
        ({"tune": {"seeds": [0, 0]}}, "tune.seeds: names 0 twice"),
        ({"tune": {"experiments": ["a", "a"]}}, "tune.experiments: names a twice"),
        ({"evaluation": {"figures_of": ["a", "a"]}}, "evaluation.figures_of: names a twice"),
        ({"evaluation": {"missing_of": ["a", "a"]}}, "evaluation.missing_of: names a twice"),
        ({"training": {"patience": True}}, r"training.patience: write a number \(got True\)"),
        ({"model": {"dropout": False}}, r"model.dropout: write a number \(got False\)"),
        ({"seeds": [True]}, r"seeds: write a number \(got \[True\]\)"),
        ({"training": {"clip_norm": float("inf")}}, "training.clip_norm: write a finite number"),
        ({"training": {"learning_rate": "nan"}}, "training.learning_rate: write a finite number"),
        ({"model": {"alignment": {"shared": 1}}}, r"alignment.shared \(1\) must be 2 or more"),
        ({"model": {"modalities": ["text", "text"]}}, "names a modality twice"),
    ],
)
def test_what_is_wrong_is_named(root, change, message):
    with pytest.raises(ConfigError, match=message):
        load_plan(merge(default(root), change))


def test_a_share_of_zero_is_for_a_fixed_number_of_epochs_or_a_session_that_validates(root):
    change = {"corpus_root": ".", "split": {"validation_share": 0}}
    last = load_plan(
        merge(default(root), change | {"corpus": "folder", "training": {"selection": "last"}})
    )
    assert last.labelled_splits == ("train",)
    session = {"corpus": "iemocap", "iemocap": {"validation": "session"}}
    assert load_plan(merge(default(root), change | session)).labelled_splits == (
        "train",
        "validation",
    )


@pytest.mark.parametrize("corpus", ["meld", "emorynlp", "dailydialog"])
def test_a_release_with_its_own_validation_needs_no_share(root, corpus):
    text = {"model": {"modalities": ["text"]}, "experiments": {"audio": None, "video": None}}
    change = text | {"corpus": corpus, "split": {"validation_share": 0}}
    assert load_plan(merge(default(root), change)).labelled_splits == ("train", "validation")


@pytest.mark.parametrize(
    ("corpus", "root", "loads"),
    [
        *((name, None, True) for name in ("meld", "emorynlp", "dailydialog")),
        ("meld", "/data/MELD", False),
        ("iemocap", None, False),
        ("demo", None, False),
    ],
)
def test_a_corpus_is_downloaded_where_its_module_can_and_no_folder_is_named(corpus, root, loads):
    assert downloads(load_config({"corpus": corpus, "corpus_root": root})) is loads


def test_two_parameter_sets_of_one_encoder_have_two_stores(root):
    parameters = {"encoder": "opensmile", "parameters": {"feature_set": "IS09"}}
    other = {"is09": {"features": {"audio": parameters}}}
    plan = load_plan(merge(default(root), {"experiments": other}))
    plain, own = plan.stores["audio"]
    assert plain == "opensmile" and re.fullmatch(r"opensmile-[0-9a-f]{8}", own)
    parameters["name"] = "opensmile"
    with pytest.raises(ConfigError, match=r"give one a features.audio.name of its own"):
        load_plan(merge(default(root), {"experiments": other}))


def test_a_store_is_named_by_what_it_is_made_with_and_not_by_how_that_is_written(root):
    def store(parameters):
        audio = {"encoder": "opensmile", "parameters": parameters}
        return next(iter(load_plan({"features": {"audio": audio}}).stores["audio"]))

    assert store({}) == store({"feature_set": "eGeMAPSv02"}) == "opensmile"
    assert (
        store({"feature_set": "IS09"})
        == store({"feature_set": "IS09"})
        != store({"feature_set": "IS10"})
    )


def test_experiments_override_and_null_removes(root):
    overlay = {"experiments": {"audio": None, "small": {"model": {"hidden": 16}}}}
    plan = load_plan(merge(default(root), overlay))
    assert "audio" not in plan.experiments
    assert plan.experiments["small"].model.hidden == 16
    assert plan.experiments["small"].training == plan.config.training
    assert plan.experiments["text"].model.modalities == ("text",)


@pytest.mark.parametrize(
    ("corpus", "asked", "shown"),
    [("demo", None, True), ("meld", None, False), ("meld", True, True), ("demo", False, False)],
)
def test_pictures_of_licensed_corpora_are_shown_only_where_asked_for(corpus, asked, shown):
    config = load_config({"corpus": corpus, "report": {"pictures": asked}})
    assert shows_pictures(config) is shown


def test_the_main_experiment_and_one_with_modality_dropout_are_tested_without_modalities(root):
    assert load_plan(default(root)).masked == ("ar-iigcn",)
    dropped = {"model": {"modality_dropout": 0.3}}
    overlay = {"experiments": {"dropped": dropped, "more": dropped}}
    plan = load_plan(merge(default(root), overlay))
    assert plan.masked == ("ar-iigcn", "dropped")
    nothing = merge(default(root), overlay | {"evaluation": {"missing_of": []}})
    assert load_plan(nothing).masked == ()


def test_equal_experiments_are_tested_without_modalities_once(root):
    settings = {"model": {"modality_dropout": 0.3}}
    margins = {"margin": {"grid": {"model.losses.margin": [0.5, 1.0]}}}
    same = merge(default(root), settings | {"experiments": margins})
    assert load_plan(same).trained_as["margin.0.5"] == "ar-iigcn"
    assert load_plan(same).masked == ("ar-iigcn", "margin.1.0")
    named = merge(same, {"evaluation": {"missing_of": ["margin.0.5", "ar-iigcn"]}})
    assert load_plan(named).masked == ("ar-iigcn",)


@pytest.mark.parametrize(
    ("jobs", "mend"),
    [
        ({"runs_per_gpu": 2, "training": {"processes": 2}}, "set one of them to 1"),
        ({"runs_per_gpu": 2, "seeds_in_turn": True}, "seeds_in_turn to false"),
        ({"seeds_in_turn": True, "training": {"processes": 2}}, "seeds_in_turn to false"),
    ],
)
def test_a_job_is_one_run_on_several_processes_or_several_runs(jobs, mend):
    with pytest.raises(ConfigError, match=mend):
        load_plan(jobs)


def test_what_changes_a_setting_of_the_main_experiment_is_an_ablation(root):
    experiments = {
        "mmgcn": {"model": {"name": "mmgcn"}},
        "without-graph": {"model": {"graph_layers": 0}},
        "modalities": {"grid": {"model.modalities": "subsets"}},
        "window": {"grid": {"graph.past = graph.future": [2, 5]}},
    }
    plan = load_plan(merge(default(root), {"experiments": experiments}))
    assert plan.ablations == {
        "without-graph": "model.graph_layers 0",
        "window.2": "graph.past 2, graph.future 2",
        "window.5": "graph.past 5, graph.future 5",
    }


def test_what_an_overlay_removes_is_no_longer_named_elsewhere(root):
    named = {
        "experiments": {"mmgcn": {"model": {"name": "mmgcn"}}, "text": None},
        "tune": {"experiments": ["ar-iigcn", "text", "mmgcn"]},
        "evaluation": {"figures_of": ["text", "ar-iigcn"]},
    }
    plan = load_plan(merge(default(root), named))
    assert tuned(plan) == ("ar-iigcn", "mmgcn")
    assert plan.config.evaluation.figures_of == ("ar-iigcn",)
    with pytest.raises(ConfigError, match=r"tune\.experiments: unknown experiment 'txt'"):
        load_plan(merge(default(root), {"tune": {"experiments": ["txt"]}}))


def test_a_folder_below_home_is_there_and_a_run_may_be_a_number():
    config = load_config({"data_dir": "~/data", "corpus_root": "~/corpus", "run": 2})
    assert config.data_dir == Path.home() / "data" and config.corpus_root == Path.home() / "corpus"
    assert config.run == "2"


def test_hundreds_of_experiments_are_compared_by_what_decides_them(root):
    margins = [round(0.002 * n, 3) for n in range(1, 301)]
    grids = {name: {"grid": {"model.losses.margin": margins}} for name in ("a", "b")}
    plan = load_plan(merge(default(root), {"experiments": grids}))
    began = time.process_time()
    found = plan.trained_as
    assert time.process_time() - began < 2, "the square of 600 comparisons took a minute"
    assert found["b.0.008"] == "a.0.008" and found["a.0.5"] == "ar-iigcn"
