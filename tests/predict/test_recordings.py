"""A folder of recordings becomes a table; what cannot be used is told, and stops no other."""

import os

import pytest

from ariigcn.core.errors import DataError
from ariigcn.core.paths import NOT_UTF8
from ariigcn.corpora.read.transcripts import Transcript, Turn, write_transcript
from ariigcn.corpora.table import check_corpus, read_corpus, write_corpus
from ariigcn.predict.pages import write_pages
from ariigcn.predict.recordings import (
    Heard,
    conversations_of,
    failures_of,
    read_recordings,
    untranscribed,
)
from ariigcn.predict.transcribing import read_heard, shard_of
from tests.features.make_clips import tone, write_wav

CUE = "1\n00:00:00,000 --> 00:00:01,000\nAnn: Hello\n\n2\n00:00:01,000 --> 00:00:02,000\nWell.\n"


@pytest.fixture
def folder(tmp_path):
    for name in ("good", "twice", "alone", "silent", "milliseconds"):
        write_wav(tmp_path / f"{name}.wav", [tone(2.0)])
        (tmp_path / f"{name}.srt").write_text(CUE)
    (tmp_path / "alone.srt").unlink()
    (tmp_path / "milliseconds.srt").unlink()
    (tmp_path / "silent.srt").write_text("")
    (tmp_path / "twice.mp3").write_bytes(b"no sound")
    (tmp_path / "milliseconds.csv").write_text("start_s,end_s,text\n0,90000000,Hello\n")
    (tmp_path / "blank.csv").write_text("speaker,text\nAnn,\n")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    write_wav(tmp_path / os.fsdecode(b"caf\xe9.wav"), [tone(2.0)])
    (tmp_path / os.fsdecode(b"caf\xe9.srt")).write_text(CUE)
    return tmp_path


def test_every_defect_is_one_conversations_and_the_others_are_a_table(folder):
    corpus = read_recordings(folder)
    check_corpus(corpus)
    named = [transcript.name for _, transcript in conversations_of(corpus)]
    assert named == ["good", "twice.wav"]
    errors = {failure.name: failure.error for failure in failures_of(corpus)}
    assert set(errors) == {
        "twice.mp3", "alone", "silent", "milliseconds", "blank", "gone", r"caf\udce9"
    }  # fmt: skip
    assert errors[r"caf\udce9"] == NOT_UTF8
    assert "cannot be decoded" in errors["twice.mp3"]
    assert errors["alone"] == "there is no transcript"
    assert "it has no utterance" in errors["silent"]
    assert "not a span of seconds" in errors["milliseconds"]
    assert ": - " not in errors["milliseconds"]  # a list is one line here
    assert "nothing can be predicted" in errors["blank"]
    assert "no such file" in errors["gone"]


def test_a_table_that_is_written_gives_the_conversations_back(folder, tmp_path):
    write_corpus(read_recordings(folder), folder / "out" / "utterances.parquet")
    (source, transcript), _ = conversations_of(read_corpus(folder / "out" / "utterances.parquet"))
    assert source.recording == folder / "good.wav"
    assert [(t.speaker, t.text) for t in transcript.turns] == [("Ann", "Hello"), (None, "Well.")]
    assert transcript.notes == ("1 of 2 turns name no speaker; they share one speaker",)


def test_a_machines_transcript_stands_in_and_is_told(folder, tmp_path):
    said = Transcript("x", (Turn(0.0, 1.0, "speaker 1", "Hi"),), made_by="whisper")
    write_transcript(said, folder / "transcripts" / "alone.0123.json")
    heard = {"alone.wav": Heard(folder / "transcripts" / "alone.0123.json")}
    heard["gone.wav"] = Heard(error="nobody speaks")
    corpus = read_recordings(folder, heard)
    own = {transcript.name: transcript for _, transcript in conversations_of(corpus)}
    assert own["alone"].made_by == "whisper"
    assert [source.name for source in untranscribed(folder)] == ["alone", "gone"]


def test_a_folder_of_broken_recordings_alone_is_an_error_that_names_them(tmp_path):
    (tmp_path / "noise.mp4").write_bytes(b"x")
    with pytest.raises(DataError, match=r"nothing in it can be predicted(?s:.*)noise: cannot be"):
        read_recordings(tmp_path)


def test_another_recording_moves_none_to_another_shard(tmp_path):
    paths = [tmp_path / f"{number}.wav" for number in range(40)]
    parts = [shard_of(paths, shard, 4) for shard in range(4)]
    assert sorted(path for part in parts for path in part) == sorted(paths)
    assert all(parts)
    assert [shard_of(paths[1:], shard, 4) for shard in range(4)] == [
        [path for path in part if path != paths[0]] for part in parts
    ]
    assert read_heard([]) == {}


def test_pages_list_what_was_predicted_and_what_was_not(text_model, tmp_path):
    talk = text_model.predict_turns([("Ann", "I got the job!"), ("<b>", "No & way.")])
    lost = type(talk)("lost <i>", (), talk.labels, talk.model, talk.modalities, error="a < b")
    write_pages([talk, lost], talk.labels, tmp_path / "list.html", tmp_path / "pages")
    text = (tmp_path / "list.html").read_text()
    (own,) = (tmp_path / "pages").iterdir()
    assert f'href="pages/{own.name}"' in text
    assert "lost &lt;i&gt;" in text
    assert "a &lt; b" in text
    assert 'href="../list.html"' in own.read_text()
    row = lost.to_pandas().iloc[0]
    assert (row["conversation"], row["error"], row["emotion"]) == ("lost <i>", "a < b", None)
