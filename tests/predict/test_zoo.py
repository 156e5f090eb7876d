"""Models are found by name; those that ship say what the documentation says they do."""

import doctest
import re
import shutil

import pytest

import ariigcn
from ariigcn.core.errors import DataError
from ariigcn.predict import model as module
from ariigcn.predict.zoo import SHIPPED, shipped, trained


def test_the_examples_of_the_docstrings():
    outcome = doctest.testmod(module)
    assert outcome.attempted >= 4
    assert outcome.failed == 0


def test_the_example_of_the_page(root, tmp_path, monkeypatch, capsys):
    page = (root / "docs" / "predict.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(import ariigcn\n.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "predict.md", "exec"), {})
    assert "Ann joy" in capsys.readouterr().out
    assert (tmp_path / "talk.html").stat().st_size > 1000


def test_what_ships_has_a_card_and_says_what_it_reads():
    names = {known.name: known for known in shipped()}
    assert set(names) == {"meld-text", "meld-text-online"}
    for known in names.values():
        card = (known.folder / "README.md").read_text("utf-8")
        assert known.modalities == ("text",)
        assert f"--model {known.name} " in card
        assert re.search(r"\| test \| \d\d\.\d \(\d\d\.\d to \d\d\.\d\)", card)
    assert ariigcn.load("meld-text-online").head.graph.future == 0


def test_a_model_that_was_trained_here_has_its_experiments_name(tmp_path):
    for seed in (0, 3):
        shutil.copytree(SHIPPED / "meld-text", tmp_path / f"meld/text/seed-{seed}/model")
    assert [known.name for known in trained(tmp_path)] == [
        "meld/text", "meld/text/0", "meld/text/3",
    ]  # fmt: skip
    assert ariigcn.load("meld/text/3", results=tmp_path).labels == ariigcn.load("meld-text").labels


def test_a_name_that_no_model_has_is_told(tmp_path, monkeypatch):
    def offline(_):
        raise OSError("offline")

    monkeypatch.setattr(module.EmotionModel, "from_pretrained", offline)
    with pytest.raises(DataError, match="unknown model 'meld-txt'; did you mean 'meld-text'"):
        ariigcn.load("meld-txt", results=tmp_path)
    with pytest.raises(DataError, match=r"not a model: it has no config\.json"):
        ariigcn.load(tmp_path)
    with pytest.raises(DataError, match="the Hugging Face hub has none either"):
        ariigcn.load("nobody/nothing", results=tmp_path)


def test_a_damaged_model_is_no_trouble_of_one_before_it(tmp_path):
    damaged = tmp_path / "meld/text/seed-0/model"
    damaged.mkdir(parents=True)
    (damaged / "config.json").write_text("{}")
    assert ariigcn.load("meld-text", results=tmp_path).name == "meld-text"
    with pytest.raises(DataError, match=r"config\.json"):
        ariigcn.load("meld/text", results=tmp_path)
