"""Hugging Face speech encoders: every family loads; windows, pooling. Tiny weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.features.encoders.audio_huggingface import Parameters, SpeechEncoder, make
from ariigcn.features.encoders.base import Clip
from ariigcn.features.media.sound import read_audio
from ariigcn.features.store import Status
from tests.features.make_clips import tone, write_wav
from tests.features.tiny_models import WIDTH, speech_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speech_model(tmp_path_factory.mktemp("wav2vec2"))


def encoder(folder: Path, **parameters: Any) -> SpeechEncoder:
    return make("audio", Parameters(model=str(folder), **parameters))


@pytest.mark.parametrize("kind", ["Wav2Vec2", "Hubert", "WavLM"])
def test_every_family_loads(tmp_path: Path, kind: str) -> None:
    made = encoder(speech_model(tmp_path, kind), pooling="statistics")
    path = write_wav(tmp_path / "a.wav", [tone(0.5)])
    (result,) = made.encode([Clip("u", None, path)])
    assert result.values is not None
    assert result.values.shape == (2 * WIDTH,) == (made.dimension,)
    assert f"{kind}Model" in made.version
    assert made.feature_names[WIDTH] == "sd_0"


def test_values_are_transformers_own(folder: Path, tmp_path: Path) -> None:
    from transformers import AutoFeatureExtractor

    clip = Clip("u", None, write_wav(tmp_path / "a.wav", [tone(0.5)]))
    made = encoder(folder, pooling="statistics")
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(read_audio(clip), sampling_rate=16000, return_tensors="pt")
    states = made.loaded.model(inputs["input_values"]).last_hidden_state[0].numpy()
    (result,) = made.encode([clip])
    expected = np.concatenate([states.mean(0), states.std(0)])
    np.testing.assert_allclose(result.values, expected, atol=1e-5)


def test_long_sound_is_read_in_equal_windows(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = encoder(folder, window_s=1.0)
    lengths: list[int] = []
    model = made.loaded.model
    real = model.forward

    def forward(input_values: Any, **options: Any) -> Any:
        lengths.append(input_values.shape[1])
        return real(input_values, **options)

    monkeypatch.setattr(model, "forward", forward)
    path = write_wav(tmp_path / "long.wav", [tone(2.5)])
    (result,) = made.encode([Clip("u", None, path)])
    assert result.status == Status.OK
    assert len(lengths) == 3
    assert max(lengths) - min(lengths) <= 1


def test_short_and_absent_clips_have_their_status(folder: Path, tmp_path: Path) -> None:
    short = Clip("a", None, write_wav(tmp_path / "short.wav", [tone(0.05)]))
    results = encoder(folder).encode([short, Clip("b", None, None)])
    assert [r.status for r in results] == [Status.TOO_SHORT, Status.MISSING]


def test_another_rate_and_no_settings_are_refused(tmp_path: Path) -> None:
    path = speech_model(tmp_path) / "preprocessor_config.json"
    path.write_text(path.read_text().replace("16000", "8000"))
    with pytest.raises(DataError, match="8000 Hz; 16000 Hz is supported"):
        encoder(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match=r"preprocessor_config\.json: missing"):
        encoder(tmp_path)
