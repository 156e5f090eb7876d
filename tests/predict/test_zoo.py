"""Models are found by name; those that ship say what the documentation says they do."""

import doctest
import re
import shutil

import pytest
from typer.testing import CliRunner

import ariigcn
from ariigcn.cli import app
from ariigcn.core.errors import DataError
from ariigcn.predict import model as module
from ariigcn.predict.zoo import SHIPPED, find, shipped, trained


def test_the_examples_of_the_docstrings():
    outcome = doctest.testmod(module)
    assert outcome.attempted >= 4
    assert outcome.failed == 0


def test_the_examples_of_the_page(root, tmp_path, monkeypatch, capsys):
    page = (root / "docs" / "predict.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(import ariigcn\n.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    for example in examples:
        exec(compile(example, "predict.md", "exec"), {})
    online, first, _ = capsys.readouterr().out.splitlines()
    assert (online, first[:7]) == ("joy", "Ann joy")
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
    assert [known.name for known in trained(tmp_path).models] == [
        "meld/text", "meld/text/0", "meld/text/3",
    ]  # fmt: skip
    assert ariigcn.load("meld/text/3", results=tmp_path).labels == ariigcn.load("meld-text").labels


def test_a_name_that_no_model_has_is_told(tmp_path, monkeypatch):
    def offline(*_, **__):
        raise OSError("offline")

    monkeypatch.setattr(module.EmotionModel, "from_pretrained", offline)
    with pytest.raises(DataError, match="unknown model 'meld-txt'; did you mean 'meld-text'"):
        ariigcn.load("meld-txt", results=tmp_path)
    with pytest.raises(DataError, match=r"not a model: it has no config\.json"):
        ariigcn.load(tmp_path)
    with pytest.raises(DataError, match="the Hugging Face hub has none either"):
        ariigcn.load("nobody/nothing", results=tmp_path)


@pytest.fixture
def with_a_damaged_one(tmp_path):
    """A results folder: ``meld/cut`` is damaged, ``meld/text`` is not."""
    damaged = tmp_path / "meld/cut/seed-0/model"
    damaged.mkdir(parents=True)
    (damaged / "config.json").write_text("{}")
    shutil.copytree(SHIPPED / "meld-text", tmp_path / "meld/text/seed-0/model")
    return tmp_path


@pytest.fixture
def no_hub(monkeypatch):
    """A stranger's model must not stand in for one of this machine."""

    def asked(name, **_):
        raise AssertionError(f"the hub was asked for {name}")

    monkeypatch.setattr(module.EmotionModel, "from_pretrained", asked)


def test_a_damaged_model_is_no_trouble_of_another(with_a_damaged_one, no_hub):
    assert ariigcn.load("meld-text", results=with_a_damaged_one).name == "meld-text"
    assert ariigcn.load("meld/text", results=with_a_damaged_one).name == "meld/text"
    with pytest.raises(DataError, match=r"meld/cut/seed-0/model/config\.json: has no checksum"):
        ariigcn.load("meld/cut", results=with_a_damaged_one)
    found = trained(with_a_damaged_one)
    assert {*found.damaged} == {"meld/cut", "meld/cut/0"}
    assert [known.name for known in found.models] == ["meld/text", "meld/text/0"]
    done = CliRunner().invoke(app, ["models", "--results", str(with_a_damaged_one)])
    assert done.exit_code == 0
    assert "meld/text/0" in done.output
    assert done.output.count("defect: ") == done.output.count("has no checksum") == 1


def test_a_mistyped_name_of_what_is_here_is_not_looked_for_elsewhere(
    with_a_damaged_one, no_hub, monkeypatch
):
    monkeypatch.chdir(with_a_damaged_one.parent)
    with pytest.raises(DataError, match="unknown model 'meld/txt'; did you mean 'meld/text'"):
        ariigcn.load("meld/txt", results=with_a_damaged_one)
    for name in (f"{with_a_damaged_one.name}/mdel", "./mdel", "../mdel", "~/mdel"):
        with pytest.raises(DataError, match="unknown model"):
            ariigcn.load(name, results="nowhere")


def test_seeds_are_in_their_order(tmp_path):
    for seed in (10, 2):
        shutil.copytree(SHIPPED / "meld-text", tmp_path / f"meld/text/seed-{seed}/model")
    assert find("meld/text", tmp_path).parent.name == "seed-2"
    assert [known.name for known in trained(tmp_path).models] == [
        "meld/text", "meld/text/2", "meld/text/10",
    ]  # fmt: skip
