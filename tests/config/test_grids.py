"""Grids are read as they are written, and what cannot be read is named."""

import pytest
import yaml

from ariigcn.config.grids import expand
from ariigcn.core.errors import ConfigError
from ariigcn.plan.experiments import merge
from ariigcn.plan.load import load_plan
from ariigcn.plan.search import space

MODALITIES = ("text", "audio", "video")


def read(text):
    return expand(yaml.safe_load(text), MODALITIES)


TUNED = "{main: {}, other: {model: {name: majority}}, m: {grid: {model.hidden: [8, 16]}}}"


@pytest.mark.parametrize(
    ("tune", "message"),
    [
        (
            "{experiments: [mian]}",
            "tune.experiments: unknown experiment 'mian'; did you mean 'main'",
        ),
        ("{experiments: [m.8]}", "tune.experiments: unknown experiment 'm.8'"),
        ("{experiments: [other]}", "other reads no key of tune.space"),
        ("{space: {model.hidden: [4]}}", "tune.space.model.hidden: .*greater than or equal to 8"),
        (
            "{space: {model.dropout: {low: 0.5, high: 2}}}",
            "tune.space.model.dropout: .*less than or equal to 0.99",
        ),
        ("{space: {model.dropout: {low: 0.5, high: 0.1}}}", "low must be below high"),
        (
            "{space: {training.learning_rate: {low: 0, high: 1, log: true}}}",
            "log needs low above 0",
        ),
        ("{space: {graph.past: [1]}}", "'graph.past' is not a key of model or training"),
        ("{space: {training.learing_rate: [1]}}", "did you mean 'learning_rate'"),
    ],
)
def test_a_search_that_cannot_work_is_refused(root, tune, message):
    with pytest.raises(ConfigError, match=message):
        load(root, TUNED, tune=yaml.safe_load(tune))


def test_an_experiment_is_searched_over_what_its_model_reads(root):
    searched = {"model.hidden": [8, 16], "model.losses.margin": None, "model.graph_layers": [1, 2]}
    text = "{main: {}, mlp: {model: {name: mlp}}}"
    plan = load(root, text, tune={"space": searched, "experiments": ["main", "mlp"]})
    assert list(space(plan, "main")) == ["model.hidden", "model.graph_layers"]
    assert list(space(plan, "mlp")) == ["model.hidden"]
    assert plan.overrides == {"main": {}, "mlp": {"model": {"name": "mlp"}}}


def load(root, text, **top):
    default = yaml.safe_load((root / "config.yaml").read_text())
    return load_plan({**merge(default, top), "experiments": yaml.safe_load(text)})


def test_a_plain_experiment_stays_as_it_is():
    cells, grids = read("{main: {}, small: {model: {hidden: 16}}}")
    assert cells == {"main": {}, "small": {"model": {"hidden": 16}}}
    assert grids == {}


def test_a_grid_becomes_a_cell_a_value():
    cells, grids = read("margin: {grid: {model.losses.margin: [0.3, 0.5]}}")
    assert cells == {
        "margin.0.3": {"model": {"losses": {"margin": 0.3}}},
        "margin.0.5": {"model": {"losses": {"margin": 0.5}}},
    }
    assert grids["margin"].keys == ("model.losses.margin",)
    assert grids["margin"].cells == {"margin.0.3": ("0.3",), "margin.0.5": ("0.5",)}


def test_keys_are_crossed_and_keep_what_stands_beside_them():
    cells, _ = read(
        "big: {model: {name: mlp}, grid: {model.hidden: [64, 128], training.batch_dialogues: [4, 8]}}"
    )
    assert list(cells) == ["big.64.4", "big.64.8", "big.128.4", "big.128.8"]
    assert cells["big.128.4"] == {
        "model": {"name": "mlp", "hidden": 128},
        "training": {"batch_dialogues": 4},
    }


def test_two_keys_can_take_one_value():
    cells, _ = read("window: {grid: {graph.past = graph.future: [2, -1]}}")
    assert cells["window.2"] == {"graph": {"past": 2, "future": 2}}
    assert cells["window.-1"] == {"graph": {"past": -1, "future": -1}}


def test_values_can_have_names():
    cells, _ = read("text: {grid: {features.text: {glove: {encoder: glove}, minilm: {}}}}")
    assert cells == {
        "text.glove": {"features": {"text": {"encoder": "glove"}}},
        "text.minilm": {"features": {"text": {}}},
    }


def test_subsets_are_those_of_the_shared_modalities(root):
    text = "{main: {}, modalities: {grid: {model.modalities: subsets}}}"
    plan = load(root, text)
    assert len(plan.experiments) == 1 + 7
    assert plan.experiments["modalities.text-video"].model.modalities == ("text", "video")
    assert set(load(root, text, model={"modalities": ["text"]}).experiments) == {
        "main",
        "modalities.text",
    }


def test_an_experiment_that_equals_another_is_not_trained_twice(root):
    plan = load(root, "{main: {}, margin: {grid: {model.losses.margin: [0.3, 0.5]}}}")
    assert plan.trained_as["margin.0.5"] == "main"
    assert plan.trained_as["margin.0.3"] == "margin.0.3"


def test_a_baseline_does_not_hang_on_keys_that_it_does_not_read(root):
    text = "{main: {}, mmgcn: {model: {name: mmgcn, parameters: {layers: 2}}}}"
    before, after = load(root, text), load(root, text, model={"losses": {"margin": 0.7}})
    assert before.experiments["main"] != after.experiments["main"]
    assert before.experiments["mmgcn"] == after.experiments["mmgcn"]
    flat = load(root, text, model={"discriminator": {"gradient_penalty": 1.0}})
    assert flat.experiments["main"].model.discriminator.gradient_penalty == 1.0
    assert before.experiments["mmgcn"] == flat.experiments["mmgcn"]
    wider = load(root, text, model={"hidden": 256})
    assert wider.experiments["mmgcn"].model.hidden == 256


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{x: {grid: {}}}", "experiments.x.grid: needs keys and their values"),
        ("{x: {grid: {model.hidden: 64}}}", r"model.hidden needs a list of values.*\(got 64\)"),
        ("{x: {grid: {model.hidden: [64, 64]}}}", "model.hidden names a value twice"),
        ("{x: {grid: {model.hiden: [64]}}}", "experiments.x.64.model: unknown key 'hiden'"),
        ("{x: {grid: {modle.hidden: [64]}}}", "unknown section 'modle'; did you mean 'model'"),
        ("{x: {grid: {model.hidden: [64]}}, x.64: {}}", "two of them are called 'x.64'"),
        ("{x: {grid: {model.name: [A b]}}}", "'x.a b' cannot name an experiment"),
        ("{x: {model: {hidden: 8}, grid: {model.hidden.y: [1]}}}", "goes through 'hidden'"),
        ("{x: {model: {name: mmgcn, projection: 8}}}", "mmgcn does not read model.projection"),
        ("{x: {model: {name: mlp, losses: {margin: 0.1}}}}", "does not read model.losses.margin"),
        ("{x: {model: {name: mlp, parameters: {layer: 1}}}}", "did you mean 'layers'"),
        ("{x: {model: {name: dialog-rnn}}}", "did you mean 'dialogue-rnn'"),
        ("{x: {model: {name: transformer, hidden: 18}}}", "4 does not divide hidden = 18"),
    ],
)
def test_what_is_wrong_is_named(root, text, message):
    with pytest.raises(ConfigError, match=message):
        load(root, text)
