"""A stage's version changes with its code, not with its comments."""

import shutil

import pytest

from ariigcn.core import code


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package whose modules can be edited."""
    copy = tmp_path / "ariigcn"
    shutil.copytree(code.PACKAGE_ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "PACKAGE_ROOT", copy)
    code._read.cache_clear()
    yield copy
    code._read.cache_clear()


def versions():
    code._read.cache_clear()
    return {
        stage: code.code_version(*modules)
        for stage, modules in {
            "graph": ["ariigcn.graphs.build"],
            "train": ["ariigcn.training.launch", "ariigcn.models.ariigcn"],
            "baseline": ["ariigcn.training.launch", "ariigcn.models.baselines.mlp"],
            "report": ["ariigcn.report.page"],
        }.items()
    }


def changed(package, module, text, instead_of=None):
    before = versions()
    path = package / module
    source = path.read_text()
    assert instead_of is None or instead_of in source
    path.write_text(source.replace(instead_of, text) if instead_of else source + text)
    after = versions()
    return {stage for stage in before if before[stage] != after[stage]}


def test_a_comment_changes_nothing(package):
    assert changed(package, "report/page.py", "\n# a remark\n") == set()


def test_an_edit_changes_the_stages_that_use_it(package):
    assert changed(package, "report/page.py", "\nEDIT = 1\n") == {"report"}
    assert changed(package, "models/parts/contrastive.py", "\nEDIT = 1\n") == {"train"}
    assert changed(package, "models/baselines/mlp.py", "\nEDIT = 1\n") == {"baseline"}
    everything = {"graph", "train", "baseline", "report"}
    assert changed(package, "core/files.py", "\nEDIT = 1\n") == everything


@pytest.mark.parametrize(
    ("module", "before", "after"),
    [
        ("core/errors.py", "free some of your quota", "ask for more quota"),
        ("core/logs.py", "LINE_EVERY_S = 30.0", "LINE_EVERY_S = 10.0"),
        ("graphs/build.py", "From the utterance table", "Out of the utterance table"),
        ("training/config.py", 'description="Passes over', 'description="Rounds over'),
        ("models/bundle.py", "not a model bundle of this project", "no model bundle"),
        ("training/checkpoint.py", '"resuming from', '"going on from'),
    ],
)
def test_words_for_people_change_nothing(package, module, before, after):
    assert changed(package, module, after, instead_of=before) == set()


def test_what_an_error_carries_beside_its_words_counts(package):
    text = "\ndef refuse():\n    raise ValueError({}, 'words')\n"
    path = package / "graphs" / "build.py"
    path.write_text(path.read_text() + text.format("LOW"))
    edit = (text.format("HIGH"), text.format("LOW"))
    assert changed(package, "graphs/build.py", *edit) == {"graph"}
