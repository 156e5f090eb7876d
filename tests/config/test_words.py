"""What is said of a configuration that cannot be used: what to write, and which file is wrong."""

import pytest
from typer.testing import CliRunner

from ariigcn.cli import app

HUB = "write text: {encoder: huggingface, parameters: {model: roberta-large}}"


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("seeds=3", "seeds: write a list, such as [3] (got 3) (in --config)"),
        ("seeds=[a]", "seeds.0: write a whole number (got 'a') (in --config)"),
        (
            "training=5",
            "training: write a section of keys and values, such as {key: value} (got 5)",
        ),
        ("training={epochs: 3.5}", "training.epochs: write a whole number (got '3.5')"),
        ("experiments=3", "experiments: write a section of keys and values"),
        ("corpus=cmu-mosei", "did you mean 'mosi'? known: dailydialog, demo, emorynlp, folder"),
        ("model.hidden=64", "write 'model={hidden: 64}' for model.hidden=64"),
        ("model.losses.margin=1", "write 'model={losses: {margin: 1}}' for model.losses.margin=1"),
        ("seeds", "write KEY=VALUE, such as corpus=meld"),
        ("features={text: {encoder: roberta-large}}", HUB),
        ("features={text: roberta-large}", "features.text: write a section of keys and values"),
        ("modle={}", "(top level): unknown key 'modle'; did you mean 'model'? (in --config)"),
    ],
)
def test_a_value_of_another_kind_is_answered_by_what_to_write(root, monkeypatch, assignment, said):
    monkeypatch.chdir(root)
    done = CliRunner().invoke(app, ["check", "--config", assignment])
    assert done.exit_code == 1 and said in done.output
    assert "at least 1 item" not in done.output


def test_the_line_for_the_hub_works(root, monkeypatch):
    monkeypatch.chdir(root)
    line = f"features={{{HUB.removeprefix('write ')}}}"
    done = CliRunner().invoke(app, ["check", "--config", line])
    assert done.exit_code == 0 and "text huggingface-" in done.output


def test_the_file_that_is_wrong_is_named_and_of_two_the_one_that_counts(
    root, tmp_path, monkeypatch
):
    monkeypatch.chdir(root)
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("training: {epoch: 3}\nmodel: {hidden: many}\nseeds: [0, 0]\n")
    second.write_text("model: {hidden: some}\nexperiments: {small: {model: {hiden: 8}}}\n")
    done = CliRunner().invoke(app, ["check", str(first), str(second)])
    found = done.output.splitlines()
    assert f"  - training: unknown key 'epoch'; did you mean 'epochs'? (in {first})" in found
    assert f"  - model.hidden: write a whole number (got 'some') (in {second})" in found
    assert f"  - seeds: names 0 twice (in {first})" in found
    second.write_text("experiments: {small: {model: {hiden: 8}}}\n")
    done = CliRunner().invoke(app, ["check", str(second)])
    assert f"did you mean 'hidden'? (in {second})" in done.output


def test_a_preset_alone_has_the_encoders_of_the_defaults(root, tmp_path, monkeypatch):
    preset = root / "workflow" / "presets" / "meld.yaml"
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["check", str(preset)])
    assert done.exit_code == 0 and "video efficientnet-lite0-" in done.output
