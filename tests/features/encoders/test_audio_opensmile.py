"""openSMILE: dimensions of its sets, agreement with its own call, what is too short or too loud."""

import warnings
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import ValidationError

from ariigcn.features.encoders import audio_opensmile
from ariigcn.features.encoders.audio_opensmile import FeatureSet, Functionals, Parameters, make
from ariigcn.features.encoders.base import Clip
from ariigcn.features.media.sound import read_audio
from ariigcn.features.store import Status
from tests.features.make_clips import tone, write_floats, write_wav

DIMENSIONS = {
    "eGeMAPSv02": 88,
    "GeMAPSv01b": 62,
    "IS09": 384,
    "IS10": 1582,
    "IS11": 4368,
    "IS12": 6125,
    "IS13": 6373,
    "ComParE_2016": 6373,
    "emobase": 988,
}


@pytest.mark.parametrize("name", get_args(FeatureSet))
def test_every_set_has_its_published_dimension(name: FeatureSet) -> None:
    encoder = make("audio", Parameters(feature_set=name))
    values = Functionals(name, 16000)(tone(0.5, rate=16000))
    assert encoder.dimension == len(encoder.feature_names) == len(values) == DIMENSIONS[name]
    assert np.isfinite(values).all()
    assert len(encoder.weights_sha256) == 64


def test_values_are_opensmiles_own(tmp_path: Path) -> None:
    import opensmile

    encoder = make("audio", Parameters())
    functionals = Functionals("eGeMAPSv02", 16000)
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    signal = tone(0.7, rate=16000)
    frame = smile.process_signal(signal, 16000)
    np.testing.assert_array_equal(functionals(signal), frame.to_numpy()[0])
    assert list(encoder.feature_names) == list(frame.columns)


@pytest.mark.parametrize("name", ["IS10", "eGeMAPSv02", "ComParE_2016"])
def test_nothing_is_kept_from_clip_to_clip(
    name: FeatureSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One instance, reset between clips of all lengths, gives what a new one for each would."""
    import opensmile

    monkeypatch.setattr(audio_opensmile, "RENEWED_EVERY", 4)
    functionals = Functionals(name, 16000)
    smile = opensmile.Smile(opensmile.FeatureSet[name], opensmile.FeatureLevel.Functionals)
    rng = np.random.default_rng(0)
    for seconds in (0.7, 0.0, 1.3, 0.02, 0.4, 0.9, 0.2, 0.7, 0.05, 1.1):
        noise = 0.1 * rng.standard_normal(round(16000 * seconds)).astype(np.float32)
        signal = noise + tone(seconds, 100 + 200 * seconds, rate=16000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            own = smile.process_signal(signal, 16000).to_numpy()[0] if seconds else None
        values = functionals(signal)
        assert own is not None or np.isnan(values).all()
        if own is not None:
            np.testing.assert_array_equal(values, own.astype(np.float32))


def test_an_engine_is_renewed_before_it_holds_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_opensmile, "RENEWED_EVERY", 3)
    functionals, engines = Functionals("eGeMAPSv02", 16000), []
    for _ in range(6):
        functionals(tone(0.3, rate=16000))
        engines.append(functionals._engine)
    assert engines[0] is engines[1] and engines[3] is engines[4]
    assert engines[2] is engines[5] is None


@pytest.mark.parametrize("name", get_args(FeatureSet))
def test_the_engine_is_given_the_options_that_opensmile_gives_it(
    name: FeatureSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release of the package that asks its engine otherwise is noticed here."""
    from opensmile.core.lib import OpenSMILE

    asked, real = [], OpenSMILE.initialize

    def initialize(engine: OpenSMILE, **given: Any) -> None:
        asked.append(given)
        real(engine, **given)

    monkeypatch.setattr(OpenSMILE, "initialize", initialize)
    functionals = Functionals(name, 16000)
    functionals(tone(0.3, rate=16000))
    own = asked[-1]
    functionals._smile.process_signal(tone(0.3, rate=16000), 16000)
    theirs = asked[-1]
    theirs["options"] = {key: str(value) for key, value in theirs["options"].items()}
    assert own == theirs, "opensmile starts its engine differently: bring _start in step with it"


def test_sound_of_nothing_but_nan_is_no_silence(tmp_path: Path) -> None:
    path = write_floats(tmp_path / "a.wav", np.full_like(tone(1.0), np.nan))
    [row] = make("audio", Parameters()).encode([Clip("u", None, path)])
    assert (row.status, row.values) == (Status.FAILED, None)
    assert row.message == "its sound has samples that are NaN or infinite"


def test_full_scale_does_not_wrap_around() -> None:
    functionals = Functionals("IS09", 16000)
    loud = np.where(tone(0.3, rate=16000) > 0, 1, -1).astype(np.float32)
    nearly = loud * np.float32(0.9999)
    np.testing.assert_allclose(functionals(loud), functionals(nearly), rtol=0.05, atol=0.05)


def test_too_short_by_length_and_too_short_for_the_set(tmp_path: Path) -> None:
    short = write_wav(tmp_path / "50.wav", [tone(0.05)])
    longer = write_wav(tmp_path / "60.wav", [tone(0.06)])
    encoder = make("audio", Parameters(feature_set="IS10", min_duration_s=0.06))
    by_length, by_set = encoder.encode([Clip("a", None, short), Clip("b", None, longer)])
    assert by_length.status == by_set.status == Status.TOO_SHORT
    assert by_set.message == "0.060 s is too short for IS10"


def test_several_sets_are_joined_and_a_clip_is_decoded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [
        Clip(str(n), None, write_wav(tmp_path / f"{n}.wav", [tone(s, 150 * (n + 1))]))
        for n, s in enumerate((0.5, 1.2, 0.8))
    ]
    alone = {name: make("audio", Parameters(feature_set=name)) for name in ("eGeMAPSv02", "IS09")}
    both, decoded, read = make("audio", Parameters(feature_set=tuple(alone))), [], read_audio
    assert both.dimension == 88 + 384
    assert both.feature_names == tuple(
        f"{name}.{own}" for name, encoder in alone.items() for own in encoder.feature_names
    )
    assert both.weights_sha256 not in {encoder.weights_sha256 for encoder in alone.values()}
    expected = [encoder.encode(clips) for encoder in alone.values()]

    def counted(clip: Clip, *how: Any) -> Any:
        decoded.append(clip.utterance_id)
        return read(clip, *how)

    monkeypatch.setattr(audio_opensmile, "read_audio", counted)
    for found, *parts in zip(both.encode(clips), *expected, strict=True):
        assert np.array_equal(found.values, np.concatenate([part.values for part in parts]))
    assert decoded == ["0", "1", "2"]


def test_a_clip_too_short_for_one_of_the_sets_is_too_short(tmp_path: Path) -> None:
    brief = Clip("a", None, write_wav(tmp_path / "60.wav", [tone(0.06)]))
    sets = ("emobase", "IS10")
    alone = [
        make("audio", Parameters(feature_set=name, min_duration_s=0)).encode([brief])[0]
        for name in sets
    ]
    assert [own.status for own in alone] == [Status.OK, Status.TOO_SHORT]
    [found] = make("audio", Parameters(feature_set=sets, min_duration_s=0)).encode([brief])
    assert (found.status, found.message) == (Status.TOO_SHORT, "0.060 s is too short for IS10")


def test_a_list_of_one_set_is_that_set_and_one_named_twice_is_refused() -> None:
    assert Parameters(feature_set=("IS09",)) == Parameters(feature_set="IS09")
    for wrong in ((), ("IS09", "IS09"), ("IS09", "IS08")):
        with pytest.raises(ValidationError):
            Parameters(feature_set=wrong)


def test_real_speech(shared: Path) -> None:
    files = sorted((shared / "emodb").glob("*.wav"))[:6]
    encoder = make("audio", Parameters())
    results = encoder.encode([Clip(f.stem, None, f) for f in files])
    assert {r.status for r in results} == {Status.OK}
    pitch = encoder.feature_names.index("F0semitoneFrom27.5Hz_sma3nz_amean")
    for result in results:
        assert result.values is not None
        assert 10 < result.values[pitch] < 50  # 50 to 500 Hz
