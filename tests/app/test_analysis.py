"""What is given is held to the limits in words, and what comes out is what the model says."""

import json
import shutil

import pytest

import ariigcn
from ariigcn.app import analysis
from ariigcn.app.analysis import FORMATS, TRANSCRIPTS, Given, analyse, write_all
from ariigcn.app.limits import Limits
from ariigcn.core.errors import DataError
from ariigcn.corpora.read.transcripts import Transcript, Turn
from ariigcn.predict.writers import write
from tests.features.make_clips import tone, write_wav


@pytest.fixture(scope="module")
def model():
    return ariigcn.load("meld-text")


def silent(stage, share):
    """Nobody watches."""


def refused(given, model, folder, limits=Limits()):  # noqa: B008
    with pytest.raises(DataError) as error:
        analyse(given, model, limits, folder, silent)
    assert str(folder) not in str(error.value)
    return str(error.value)


def test_a_recording_gives_what_the_model_says_and_its_stages_are_told(make_model, talk, tmp_path):
    model, told = make_model("text", "audio", "video"), []
    given = Given(talk, talk.with_suffix(".srt"))
    [found] = analyse(given, model, Limits(), tmp_path, lambda *stage: told.append(stage))
    own = model.predict(talk)
    assert [u.probabilities for u in found.utterances] == [u.probabilities for u in own.utterances]
    assert found.recording == "talk.mp4"
    assert list(dict.fromkeys(stage for stage, _ in told)) == [
        "encoding text", "encoding audio", "encoding video", "predicting",
    ]  # fmt: skip
    assert ("encoding audio", 1.0) in told


def test_words_alone(model, tmp_path):
    words = "Ann: I got the job!\n\n  Ben: No way: congratulations!\nOh my God.\n"
    [found] = analyse(Given(words=words), model, Limits(), tmp_path, silent)
    assert [(u.speaker, u.text) for u in found.utterances] == [
        ("Ann", "I got the job!"), ("Ben", "No way: congratulations!"), ("", "Oh my God."),
    ]  # fmt: skip
    assert ".srt" not in [path.suffix for path in write_all([found], tmp_path)]


def test_every_format_is_written_and_names_no_folder(model, talk, tmp_path):
    given = Given(talk, talk.with_suffix(".srt"))
    found = analyse(given, model, Limits(), tmp_path, silent)
    paths = write_all(found, tmp_path)
    assert [path.suffix for path in paths] == list(FORMATS)
    assert json.loads((tmp_path / "emotions.json").read_text())[0]["recording"] == "talk.mp4"
    for path in paths:
        assert str(talk.parent).encode() not in path.read_bytes()


def test_what_is_missing_is_said(model, talk, tmp_path, monkeypatch):
    monkeypatch.setattr(analysis, "available", lambda: "it is not installed")
    assert "no input yet" in refused(Given(words=" \n"), model, tmp_path)
    assert "needs a transcript" in refused(Given(talk), model, tmp_path)
    both = refused(Given(talk, words="Ann: Hi"), model, tmp_path)
    assert "both files and pasted words" in both


def test_a_machines_transcript_goes_once_it_is_read(model, talk, tmp_path, monkeypatch):
    """It is older than the result beside which it would lie."""

    class Listener:
        def __init__(self, settings, threads): ...

        def transcribe(self, recording, progress):
            return Transcript("talk", (Turn(0.0, 1.0, "speaker 1", "Hi"),), (), "a machine")

    monkeypatch.setattr(analysis, "available", lambda: "")
    monkeypatch.setattr(analysis, "Listener", Listener)
    [found] = analyse(Given(talk), model, Limits(), tmp_path, silent)
    assert [(u.speaker, u.text) for u in found.utterances] == [("speaker 1", "Hi")]
    assert found.transcript_by == "a machine"
    assert [*tmp_path.iterdir()] == []


def test_limits_are_held_before_work_starts(model, talk, tmp_path):
    srt = talk.with_suffix(".srt")
    for limits, words in (
        (Limits(megabytes=0.001), "talk.mp4: larger than 0.001 MB"),
        (Limits(minutes=0.04), "talk.mp4: 0 minutes long; this page takes at most 0.04"),
        (Limits(transcript_megabytes=1e-5), "talk.srt: larger than 1e-05 MB"),
        (Limits(utterances=2), "3 utterances; this page takes at most 2"),
    ):
        assert refused(Given(talk, srt), model, tmp_path, limits) == words
    many = Given(words="Ann: Hi\n" * 3)
    assert "at most 2" in refused(many, model, tmp_path, Limits(utterances=2))
    assert "the words are more" in refused(many, model, tmp_path, Limits(transcript_megabytes=1e-6))


def test_a_length_is_measured_not_believed(model, tmp_path):
    """A header of ten seconds before data of a hundred."""
    path = write_wav(tmp_path / "talk.wav", [tone(100.0)])
    raw = bytearray(path.read_bytes())
    at = raw.index(b"data") + 4
    raw[at : at + 4] = (0xFFFFFFFF).to_bytes(4, "little")
    path.write_bytes(raw)
    (tmp_path / "talk.csv").write_text("text\nHi\n")
    words = refused(Given(path, tmp_path / "talk.csv"), model, tmp_path, Limits(minutes=1))
    assert words == "talk.wav: 2 minutes long; this page takes at most 1"


def test_files_that_are_something_else_are_named(model, talk, tmp_path):
    srt = talk.with_suffix(".srt")
    playlist = tmp_path / "list.mp4"
    playlist.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n"
    )
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(b"no film" * 100)
    program = shutil.copy(srt, tmp_path / "talk.exe")
    for path, words in (
        (playlist, "list.mp4: "), (noise, "noise.mp4: cannot be decoded"),
        (program, "talk.exe: not a recording"),
    ):  # fmt: skip
        assert words in refused(Given(path, srt), model, tmp_path)
    broken = tmp_path / "broken.srt"
    broken.write_text("1\n00:00:02,000 --> 00:00:01,000\nAnn: Hi\n")
    assert refused(Given(None, broken), model, tmp_path).startswith("broken.srt cannot be used")
    assert "not a transcript; expected" in refused(Given(None, talk), model, tmp_path)
    result = tmp_path / "result.csv"
    write([model.predict_turns([("Ann", "Hi."), ("Ben", "Well.")])], result)
    said = refused(Given(None, result), model, tmp_path)
    assert said.startswith("result.csv: this is what `ariigcn predict` wrote, not a transcript")
    assert ".parquet" not in TRANSCRIPTS
