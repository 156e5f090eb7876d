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
    for cached in (code.imports_of, code._tree, code._tree_dump):
        cached.cache_clear()
    yield copy
    for cached in (code.imports_of, code._tree, code._tree_dump):
        cached.cache_clear()


def versions():
    for cached in (code.imports_of, code._tree, code._tree_dump):
        cached.cache_clear()
    return {
        stage: code.code_version(*modules)
        for stage, modules in {
            "graph": ["ariigcn.graphs.build"],
            "train": ["ariigcn.training.launch", "ariigcn.models.ariigcn"],
            "baseline": ["ariigcn.training.launch", "ariigcn.models.mlp"],
            "report": ["ariigcn.report.page"],
        }.items()
    }


def changed(package, module, text):
    before = versions()
    path = package / module
    path.write_text(path.read_text() + text)
    after = versions()
    return {stage for stage in before if before[stage] != after[stage]}


def test_a_comment_changes_nothing(package):
    assert changed(package, "report/page.py", "\n# a remark\n") == set()


def test_an_edit_changes_the_stages_that_use_it(package):
    assert changed(package, "report/page.py", "\nEDIT = 1\n") == {"report"}
    assert changed(package, "models/contrastive.py", "\nEDIT = 1\n") == {"train"}
    assert changed(package, "models/mlp.py", "\nEDIT = 1\n") == {"baseline"}
    everything = {"graph", "train", "baseline", "report"}
    assert changed(package, "core/files.py", "\nEDIT = 1\n") == everything
