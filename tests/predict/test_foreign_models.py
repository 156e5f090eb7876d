"""A model's folder may be anybody's: it runs no code, and what is wrong with it is told in words."""

import sys

import pytest
from typer.testing import CliRunner

import ariigcn
from ariigcn.cli import app
from ariigcn.core.errors import ConfigError, DataError
from ariigcn.core.seals import BLANK, sealed_path
from ariigcn.core.storage import read_json, write_json
from ariigcn.plan.load import load_plan
from ariigcn.predict.model import EmotionModel

# An encoder of another lab, as docs/extending.md shows one; whoever imports it leaves a file.
THEIRS = """
from pathlib import Path
import numpy as np
from ariigcn.core.settings import Section
from ariigcn.features.encoders.base import Encoded
Path(__file__).with_name("imported").touch()
class Parameters(Section):
    pass
class Length:
    version, weights_sha256, dimension, feature_names = "1", "", 384, ()
    def encode(self, clips):
        return [Encoded(np.full(384, len(clip.text or ""), np.float32)) for clip in clips]
def make(modality, parameters):
    return Length()
"""
MODULE = "module:their_lab"


@pytest.fixture
def changed(text_model, tmp_path):
    """A function: what to do to a model's config.json -> the folder of such a model, sealed again."""

    def change(edit):
        folder = tmp_path / "model"
        text_model.save_pretrained(folder)
        config = read_json(folder / "config.json", "a configuration")
        edit(config)
        write_json(config, folder / "config.json")
        return folder

    return change


@pytest.fixture
def their_lab(tmp_path, monkeypatch):
    """A module that Python can import; a file beside it says whether that was done."""
    (tmp_path / "their_lab.py").write_text(THEIRS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "imported"
    sys.modules.pop("their_lab", None)


def encoded_by(name):
    said = {"encoder": name, "parameters": {}, "weights_sha256": "", "made_by": {}}
    return lambda config: config["features"]["text"].update(said)


@pytest.mark.parametrize(
    "edit",
    [
        encoded_by(MODULE),
        lambda config: config["model"].update(name=f"{MODULE}:ENTRY"),
        lambda config: config["model"].update(graph_layer=f"{MODULE}:LAYER"),
        lambda config: config["features"]["text"]["parameters"].update(base=[{"by": MODULE}]),
        lambda config: config.update(
            plugins=True, people=[MODULE]
        ),  # the hub's mixin reads keys, too
    ],
)
def test_a_model_imports_no_module_that_nobody_allowed(changed, their_lab, tmp_path, edit):
    folder = changed(edit)
    for read in (ariigcn.load, EmotionModel.from_folder, EmotionModel.from_pretrained):
        with pytest.raises(DataError, match=rf"code of others \({MODULE}.*--plugins"):
            read(folder)
    (tmp_path / "talk.csv").write_text("speaker,text\nAnn,Hi.\n")
    done = CliRunner().invoke(app, ["predict", str(tmp_path / "talk.csv"), "--model", str(folder)])
    assert done.exit_code == 1
    assert "code of others" in done.stderr
    named = {"corpus": "folder", "corpus_root": str(tmp_path), "model": str(folder)}
    with pytest.raises(ConfigError, match="code of others"):
        load_plan(named)
    assert not their_lab.exists()


def test_a_model_of_a_labs_plug_in_predicts_where_it_is_allowed(changed, their_lab, tmp_path):
    folder = changed(encoded_by(MODULE))
    found = ariigcn.load(folder, plugins=True).predict_turns([("Ann", "Hi."), ("Ben", "Well.")])
    assert len(found.utterances) == 2
    assert their_lab.exists()
    assert EmotionModel.from_pretrained(str(folder), plugins=True).labels == found.labels
    (tmp_path / "talk.csv").write_text("speaker,text\nAnn,Hi.\n")
    command = ["predict", str(tmp_path / "talk.csv"), "--model", str(folder), "--plugins"]
    assert CliRunner().invoke(app, command).exit_code == 0
    # A configuration is code: what it names, its workflow may import.
    (tmp_path / "talks").mkdir()
    (tmp_path / "talk.csv").rename(tmp_path / "talks" / "talk.csv")
    named = {"corpus": "folder", "corpus_root": str(tmp_path / "talks"), "model": str(folder)}
    plan = load_plan(named | {"features": {"text": {"encoder": MODULE}}})
    assert plan.trained.sections.features.text.encoder == MODULE


def test_an_encoder_that_is_not_here_is_told(changed, tmp_path):
    folder = changed(encoded_by("length"))  # what a package that is not installed would offer
    model = ariigcn.load(folder)
    with pytest.raises(DataError, match="text encoder cannot be used here: unknown text encoder"):
        model.predict_turns([("Ann", "Hi.")])
    absent = changed(encoded_by("module:nowhere"))
    with pytest.raises(DataError, match="'nowhere' cannot be imported"):
        ariigcn.load(absent, plugins=True).predict_turns([("Ann", "Hi.")])
    layer = changed(lambda config: config["model"].update(name="module:nowhere:X"))
    with pytest.raises(DataError, match="'nowhere' cannot be imported"):
        ariigcn.load(layer, plugins=True)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda c: c.update(features=[]), "features: write a section"),
        (lambda c: c.update(features={"text": []}), "features.text: write a section"),
        (lambda c: c.update(normalise=[]), "normalise: write a section"),
        (lambda c: c.update(training=[]), "training: write a section"),
        (lambda c: c["training"].update(threads=0), "threads: .*greater than 0"),
        (lambda c: c.update(dimensions="text"), "dimensions: write a section"),
        (lambda c: c["features"]["text"].pop("made_by"), "made_by: is missing"),
        (lambda c: c.update(labels=["joy"] * 3), "labels: names an emotion twice"),
        (lambda c: c.update(labels=[1, 2, 3]), "labels.0: write a text"),
        (lambda c: c.pop("graph"), "graph: is missing"),
        (lambda c: c.update(format=0), "written by another version"),
        (lambda c: c.update(extra=0), "unknown key 'extra'"),
    ],
)
def test_what_a_hand_wrote_is_refused_in_words(changed, edit, words):
    with pytest.raises(DataError, match=f"not a model bundle of this project .*{words}"):
        ariigcn.load(changed(edit))


def test_a_configuration_of_brackets_alone_is_refused_in_words(changed):
    folder = changed(lambda config: None)
    with sealed_path(folder / "config.json") as temporary:
        deep = "[" * 100_000 + "]" * 100_000
        temporary.write_text(f'{{"seal": "{BLANK.decode()}", "labels": {deep}}}')
    with pytest.raises(DataError, match="not a model's configuration"):
        ariigcn.load(folder)


def test_a_model_that_names_no_encoder_takes_features_alone(changed):
    model = ariigcn.load(changed(lambda config: config.update(features={})))
    assert model.predict_features({"text": [[0.0] * 384]}, ["Ann"]).shape == (1, 3)
    with pytest.raises(DataError, match="does not say which encoder made its text features"):
        model.predict_turns([("Ann", "Hi.")])
