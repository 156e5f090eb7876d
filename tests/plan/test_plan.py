"""A plan says which files follow from a configuration; neither disk nor Snakemake is asked."""

import subprocess
import sys

import pytest

from ariigcn.features.config import Normalisation
from ariigcn.plan.figures import curved, curves, drawn, sweeps
from ariigcn.plan.load import load_plan
from ariigcn.plan.runs import run_of

MARGINS = {"main": {}, "margin": {"grid": {"model.losses.margin": [0.3, 0.5]}}}


@pytest.fixture
def plan():
    return load_plan({"experiments": MARGINS, "seeds": [3, 4], "results_dir": "/r"})


def test_an_experiment_that_equals_another_has_its_runs(plan):
    assert plan.runs("model", "margin.0.5") == plan.runs("model", "main")
    assert plan.runs("model", "margin.0.3") == [
        "/r/demo/margin.0.3/seed-3/model",
        "/r/demo/margin.0.3/seed-4/model",
    ]
    assert plan.main_run("model") == "/r/demo/main/seed-3/model"


def test_a_run_reads_its_graph_and_its_stores_in_the_models_order(plan):
    assert plan.inputs_of("main") == {
        "graph": "/r/demo/graphs/compact-past-10-future-10.h5",
        "text": "/r/demo/features/text.minilm.h5",
        "audio": "/r/demo/features/audio.opensmile.h5",
        "video": "/r/demo/features/video.efficientnet-lite0.h5",
    }
    assert list(plan.inputs_of("main"))[1:] == list(plan.experiments["main"].model.modalities)


def test_experiments_that_differ_in_what_follows_extraction_share_a_store_and_no_run():
    relative = {"features": {"audio": {"normalise": "beside"}}}
    plan = load_plan({"experiments": {"main": {}, "relative": relative, "again": relative}})
    assert plan.stores_of("relative") == plan.stores_of("main")
    assert list(plan.stores["audio"]) == ["opensmile"]
    assert plan.trained_as == {"main": "main", "relative": "relative", "again": "relative"}
    assert run_of(plan, "relative").relative == {"audio": Normalisation(normalise="beside")}
    assert run_of(plan, "relative").encoders == run_of(plan, "main").encoders
    assert run_of(plan, "main").relative == {}


def test_a_path_holds_wildcards_where_nothing_is_named(plan):
    assert plan.files.run("model") == "/r/demo/{experiment}/seed-{seed}/model"
    assert plan.files.store("text") == "/r/demo/features/text.{store}.h5"


def test_a_grid_over_one_key_has_a_curve_of_every_value(plan):
    assert curves(plan) == [("curves", "margin", "/r/demo/figures/margin.curves.svg")]
    (sweep,) = sweeps(plan)
    assert sweep["key"] == "model.losses.margin"
    assert sweep["values"][1] == ["0.5", plan.runs("metrics.json", "main")]
    assert curved(plan) == ["margin.0.3", "margin.0.5"]
    crossed = {"x": {"grid": {"model.hidden": [8, 16], "model.graph_layers": [0, 1]}}}
    two_keys = load_plan({"experiments": {"main": {}, **crossed}})
    assert curves(two_keys) == [] and curved(two_keys) == []


def test_one_experiment_alone_is_compared_with_none(plan):
    assert ("comparisons", "", "/r/demo/figures/comparisons.svg") in drawn(plan)
    alone = [kind for kind, *_ in drawn(load_plan({"experiments": {"main": {}}}))]
    assert "comparisons" not in alone
    assert alone.count("confusion") == 1


def test_a_plan_needs_neither_snakemake_nor_torch():
    code = (
        "import sys, ariigcn.plan.load as p; p.load_plan({}).runs('model', 'ar-iigcn');"
        "print([m for m in ('snakemake', 'torch', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
