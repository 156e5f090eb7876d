"""Checkpoints of the hub: local or not, whole or not, of the right kind or not."""

import hashlib
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ariigcn.core.errors import DataError
from ariigcn.features.encoders.huggingface import HubParameters, hidden, load
from ariigcn.features.encoders.text_huggingface import Parameters, make
from tests.features.tiny_models import WIDTH, speech_model, text_model


def named(folder: Path, layers: tuple[int, ...] = (-1,)) -> HubParameters:
    return HubParameters(model=str(folder), layers=layers)


def test_a_folder_loads_without_the_head_that_no_feature_needs(tmp_path: Path) -> None:
    loaded = load(named(text_model(tmp_path)), "text", "input_ids")
    digest = hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    assert loaded.weights_sha256() == digest
    assert loaded.version.startswith("transformers ")
    assert "RobertaModel, float32 on cpu, settings " in loaded.version
    assert not loaded.model.training


def test_other_settings_are_another_version(tmp_path: Path) -> None:
    """Weights alone do not decide a vector: the tokenizer cuts the words."""
    before = load(named(text_model(tmp_path)), "text", "input_ids")
    tokenizer = tmp_path / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace('"happy"', '"sad"'))
    after = load(named(tmp_path), "text", "input_ids")
    assert after.weights_sha256() == before.weights_sha256()
    assert after.version != before.version


def test_a_damaged_folder_is_told_in_words(tmp_path: Path) -> None:
    """Whatever its files hold, one line names the folder or the file; nothing is waited for."""
    text_model(tmp_path)
    whole = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    weights = whole["model.safetensors"]
    damages = {
        "model.safetensors": [b"", weights[:-100], weights[:20], bytes(range(256))],
        "config.json": [b"", b"[]", b"{", b"null", b'{"model_type": "no-such"}', b"\xff\xfe"],
        "tokenizer.json": [b"", b"{}", b"\0" * 99],
    }
    for name, contents in damages.items():
        for content in contents:
            (tmp_path / name).write_bytes(content)
            with pytest.raises(DataError, match=str(tmp_path)):
                make("text", Parameters(model=str(tmp_path)))
        (tmp_path / name).unlink()
        os.mkfifo(tmp_path / name)
        with pytest.raises(DataError, match=f"{name}: a pipe, not a file"):
            make("text", Parameters(model=str(tmp_path)))
        (tmp_path / name).unlink()
        (tmp_path / name).write_bytes(whole[name])
    assert make("text", Parameters(model=str(tmp_path))).dimension == WIDTH


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"sampling_rate": 8000}', b"\xff"])
def test_damaged_settings_of_a_speech_model_are_told_in_words(
    tmp_path: Path, content: bytes
) -> None:
    from ariigcn.features.encoders import audio_huggingface as audio

    speech_model(tmp_path)
    (tmp_path / "preprocessor_config.json").write_bytes(content)
    with pytest.raises(DataError, match=r"preprocessor_config\.json: "):
        audio.make("audio", audio.Parameters(model=str(tmp_path)))


def test_a_pickle_is_read_as_tensors_only(tmp_path: Path) -> None:
    whole = load(named(text_model(tmp_path)), "text", "input_ids").model.state_dict()
    tensors = load_file(tmp_path / "model.safetensors")
    torch.save(tensors, tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    loaded = load(named(tmp_path), "text", "input_ids")
    for name, value in loaded.model.state_dict().items():
        if "pooler" not in name:
            torch.testing.assert_close(value, whole[name])
    torch.save({"weight": Path("anything")}, tmp_path / "pytorch_model.bin")
    with pytest.raises(DataError, match="more than tensors; refused"):
        load(named(tmp_path), "text", "input_ids")


def test_weights_that_would_be_made_up_are_refused(tmp_path: Path) -> None:
    path = text_model(tmp_path) / "model.safetensors"
    tensors = load_file(path)
    del tensors["roberta.encoder.layer.1.output.dense.weight"]
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"1 weights are missing.*encoder\.layer\.1\.output"):
        load(named(tmp_path), "text", "input_ids")


def test_a_model_that_cannot_be_reached_says_how_to_name_a_local_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    asked = HubParameters(model="nobody/no-such-model")
    with pytest.raises(DataError) as caught:
        load(asked, "audio", "input_values")
    assert "hf download nobody/no-such-model --local-dir DIR" in str(caught.value)
    assert "features.audio.parameters.model: DIR" in str(caught.value)


def test_a_mistyped_folder_is_not_looked_for_on_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the hub was asked")

    monkeypatch.setattr("huggingface_hub.snapshot_download", asked)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").mkdir()
    for name in ("weights/robertta", str(tmp_path / "robertta"), "../robertta"):
        with pytest.raises(DataError, match=r"features\.text: .*robertta: no such folder"):
            load(HubParameters(model=name), "text", "input_ids")


def test_a_folder_without_weights_and_a_model_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no weights; expected"):
        load(named(tmp_path), "text", "input_ids")
    with pytest.raises(DataError, match="Wav2Vec2Model is not a text encoder"):
        load(named(speech_model(tmp_path)), "text", "input_ids")


def test_layers_are_averaged_and_counted(tmp_path: Path) -> None:
    text_model(tmp_path)
    model = load(named(tmp_path, (0, -2, -1)), "text", "input_ids").model
    ids = torch.tensor([[0, 5, 6, 1]])
    states = model(input_ids=ids, output_hidden_states=True).hidden_states
    assert hidden(model, (-1,), input_ids=ids).shape == (1, 4, WIDTH)
    torch.testing.assert_close(
        hidden(model, (0, -2, -1), input_ids=ids), (states[0] + states[2] + states[3]) / 3
    )
    with pytest.raises(DataError, match="the model has 0 to 3"):
        load(named(tmp_path, (4,)), "text", "input_ids")
