"""Recordings and transcripts at the edge: each is a result, or one clear error."""

import os
from pathlib import Path

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.predict.command import show
from ariigcn.predict.conversation import Conversation, Utterance
from ariigcn.predict.sources import find_sources
from ariigcn.predict.writers import write
from tests.features.make_clips import grey_frames, tone, write_video, write_wav


@pytest.fixture(scope="module")
def model(make_model):
    return make_model("text", "audio")


@pytest.fixture(scope="module")
def seeing(make_model):
    return make_model("text", "audio", "video")


def said(path, lines):
    path.write_text("start_s,end_s,speaker,text\n" + "\n".join(lines), "utf-8")


def whole(conversation):
    """Every utterance has an emotion, whatever it lacks."""
    sums = [sum(u.probabilities.values()) for u in conversation.utterances]
    assert np.allclose(sums, 1, atol=1e-5)
    return conversation


def test_a_name_with_spaces_and_letters_of_every_script(model, tmp_path):
    media = write_wav(tmp_path / "wörk, 会議 “a'b” & c.wav", [tone(2.0)])
    said(media.with_suffix(".csv"), ["0,1,Zoë 李,Déjà vu!", "1,2,B,So?"])
    found = whole(model.predict(media))
    assert found.name == media.stem
    assert found.utterances[0].speaker == "Zoë 李"
    for ending in (".csv", ".json", ".srt", ".html", ".parquet", ".tsv"):
        found._write(tmp_path / f"out {media.stem}{ending}", ending)


def test_names_that_look_like_markup_are_shown_as_they_are(model, tmp_path, capsys):
    said(tmp_path / "talk [final].csv", ["0,1,A,Hello."])
    talk = model.predict(tmp_path / "talk [final].csv")
    show([talk], None)
    show([talk], Path("out [final] :joy:.csv"))
    told = capsys.readouterr().out
    assert "talk [final]" in told
    assert "out [final] :joy:.csv" in told


def test_half_a_character_and_a_name_that_is_not_in_utf8(model, tmp_path):
    with pytest.raises(DataError, match="utterance 2: its speaker holds half a character"):
        model.predict_turns([("Ann", "Hi."), ("B\ud800", "Hi.")])
    media = write_wav(tmp_path / os.fsdecode(b"caf\xe9.wav"), [tone(2.0)])
    said(media.with_suffix(".csv"), ["0,1,Ann,Hi."])
    with pytest.raises(DataError, match="a name that is not in UTF-8; rename it"):
        model.predict_all(find_sources([tmp_path]))
    old = tmp_path / os.fsdecode(b"ann\xe9e") / "year"
    old.mkdir(parents=True)
    said(old / "talk.csv", ["0,1,Ann,Hi."])
    assert whole(model.predict_all(find_sources([old]))[0])  # words alone name no file
    write_wav(old / "talk.wav", [tone(2.0)])
    with pytest.raises(DataError, match="on its way has a name that is not in UTF-8"):
        model.predict_all(find_sources([old]))


def test_one_speaker_and_forty(model, tmp_path):
    for speakers in (1, 40):
        media = write_wav(tmp_path / f"{speakers:02d}.wav", [tone(8.0)])
        lines = [f"{n / 10},{n / 10 + 0.1},s{n % speakers},Line {n}." for n in range(80)]
        said(media.with_suffix(".csv"), lines)
    for speakers, found in zip((1, 40), model.predict_all(find_sources([tmp_path])), strict=True):
        assert len({u.speaker for u in whole(found).utterances}) == speakers


def test_sound_alone_pictures_alone_silence_and_noise(seeing, tmp_path):
    random = np.random.default_rng(0)
    music = np.clip(random.normal(0, 0.3, 96000), -1, 1).astype(np.float32)
    write_wav(tmp_path / "silence.wav", [np.zeros(96000, np.float32)])
    write_wav(tmp_path / "music.wav", [music])
    write_video(tmp_path / "mute.mp4", grey_frames(50))
    names = ("music.wav", "mute.mp4", "silence.wav")
    for name in names:
        said((tmp_path / name).with_suffix(".csv"), ["0,1,A,Hello.", "1,2,B,Bye."])
    for name, found in zip(names, seeing.predict_all(find_sources([tmp_path])), strict=True):
        missing = whole(found).utterances[0].missing
        assert set(missing) == ({"audio"} if name == "mute.mp4" else {"video"})


def test_overlapping_unordered_and_out_of_range_turns_are_told(model, tmp_path):
    media = write_wav(tmp_path / "talk.wav", [tone(2.0)])
    said(media.with_suffix(".csv"), ["1,2.5,A,Second.", "0,1.5,B,First.", "7,8,A,After the end."])
    found = whole(model.predict(media))
    assert [u.text for u in found.utterances] == ["First.", "Second.", "After the end."]
    assert any("order of time" in note for note in found.notes)
    assert any("before the previous turn has ended" in note for note in found.notes)
    assert "audio" in found.utterances[2].missing


def test_an_empty_transcript_is_one_error(model, tmp_path):
    media = write_wav(tmp_path / "talk.wav", [tone(1.0)])
    for name in ("a.srt", "b.csv", "c.json", "d.rttm", "e.vtt"):
        (tmp_path / name).write_text('{"segments": []}' if name == "c.json" else "")
        with pytest.raises(DataError, match=name):
            model.predict(media, tmp_path / name)


def test_an_unreadable_container_leaves_the_words(seeing, tmp_path):
    media = tmp_path / "talk.mp4"
    media.write_bytes(b"\x00\x00\x00\x20ftypisom" + bytes(500))
    said(media.with_suffix(".csv"), ["0,1,A,Hello.", "1,2,B,Bye."])
    for utterance in whole(seeing.predict(media)).utterances:
        assert set(utterance.missing) == {"audio", "video"}
        assert all(utterance.missing.values())


def test_where_nothing_can_be_read_there_is_an_error_and_no_guess(model, tmp_path, capsys):
    media = write_video(tmp_path / "mute.mp4", grey_frames(50))
    said(media.with_suffix(".csv"), ["0,1,A,", "1,2,B,"])
    with pytest.raises(DataError, match=r"mute: none of its utterances has anything .*audio: no"):
        model.predict(media)
    said(tmp_path / "other.csv", [",,A,Hello."])
    mute, other = model.predict_all(find_sources([tmp_path]))
    assert mute.error
    assert not mute.utterances
    assert not whole(other).error
    other.to_html(tmp_path / "other.html")
    show([mute, other], None)
    assert "mute: no prediction" in capsys.readouterr().out
    row = mute.to_pandas().iloc[0]
    assert "anything" in row["error"]


def test_one_source_that_cannot_be_used_stops_no_other(model, tmp_path):
    said(tmp_path / "good.csv", [",,A,Hello.", ",,B,Bye."])
    (tmp_path / "wordless.rttm").write_text("SPEAKER f 1 0 1 <NA> <NA> Ann <NA> <NA>\n")
    (tmp_path / "empty.json").write_text('{"segments": []}')
    (tmp_path / "two.tsv").write_text("dialogue_id\tspeaker\ttext\nx\tA\tHi.\ny\tA\t\n")
    old = tmp_path / os.fsdecode(b"ann\xe9e")
    old.mkdir()
    said(old / "talk.csv", ["0,1,Ann,Hi."])
    write_wav(old / "talk.wav", [tone(2.0)])
    found = model.predict_all(find_sources([tmp_path, old]))
    errors = {conversation.name: conversation.error for conversation in found}
    assert [name for name, error in errors.items() if not error] == ["good", "x"]
    assert errors["empty"] == "empty.json: it has no utterance"
    assert errors["wordless"].startswith("wordless.rttm: it has no words")
    assert errors["y"].startswith("two.tsv: it has no words")
    assert "a name that is not in UTF-8" in errors["talk"]
    for ending in (".csv", ".json", ".html", ".parquet"):
        write(found, tmp_path / f"out{ending}")


def test_one_conversation_of_too_many_speakers_stops_no_other(make_model, tmp_path):
    names = tuple(f"{j} to {i} {w}" for j in "01" for i in "01" for w in ("until now", "future"))
    model = make_model("text", names=names, relations="speaker-pair")
    said(tmp_path / "pair.csv", [",,A,Hello.", ",,B,Bye."])
    said(tmp_path / "three.csv", [",,A,Hello.", ",,B,Bye.", ",,C,Well."])
    pair, three = model.predict_all(find_sources([tmp_path]))
    alone = model.predict(tmp_path / "pair.csv")
    assert whole(pair).utterances == alone.utterances
    assert not three.utterances
    assert "more speakers than its training" in three.error
    with pytest.raises(DataError, match="more speakers than its training"):
        model.predict(tmp_path / "three.csv")


def test_recordings_of_one_name_are_told_apart(model, tmp_path):
    write_wav(tmp_path / "talk.wav", [tone(2.0)])
    (tmp_path / "talk.flac").write_bytes((tmp_path / "talk.wav").read_bytes())
    said(tmp_path / "talk.csv", ["0,1,A,Hello."])
    found = model.predict_all(find_sources(sorted(tmp_path.iterdir())))
    assert [conversation.name for conversation in found] == ["talk.flac", "talk.wav"]
    assert model.predict(tmp_path / "talk.wav", tmp_path / "talk.csv").name == "talk"


def test_a_terminal_shows_foreign_texts_whole_and_obeys_none(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    words = "\u4eca\u65e5\u306f\u3068\u3066\u3082\u3044\u3044" * 8
    texts = ((59.97, "Ann\x1b[2J", "red\x1b[31m"), (3599.99, "Ben", words))
    utterances = tuple(
        Utterance(n, who, said, at, at + 1, {"joy": 1.0}) for n, (at, who, said) in enumerate(texts)
    )
    talk = Conversation("talk\x1b]0;t\x07", utterances, ("joy",), "toy", ("text",))
    show([talk], None)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "\x07" not in shown and "\u2026" not in shown
    assert "1:00.0" in shown and "60:00.0" in shown and ":60" not in shown
    assert sum(shown.count(character) for character in set(words)) == len(words)
