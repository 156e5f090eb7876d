"""A recording goes the corpus's way; what it lacks is masked and said; what is damaged is one error."""

import json
import shutil

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.read.transcripts import read_transcript
from ariigcn.corpora.registry import prepare
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.registry import make_encoder
from ariigcn.features.extract import extract
from ariigcn.graphs.build import build_graph_file
from ariigcn.graphs.dialogues import load_dialogues
from ariigcn.predict import listen
from ariigcn.predict import model as module
from ariigcn.predict.model import EmotionModel
from ariigcn.predict.sources import find_sources
from ariigcn.training.predict import predict, standardised
from tests.features.make_clips import grey_frames, tone, write_exact, write_video, write_wav

SAID = (
    "start_s,end_s,speaker,text\n0,1,Ann,I am so happy!\n1,2,Ben,Leave me alone.\n2,3,Ann,Well.\n"
)


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("talks")
    write_wav(folder / "talk.wav", [tone(3.0)])
    (folder / "talk.csv").write_text(SAID)
    return folder / "talk.wav"


def probabilities(conversation):
    return np.array([list(u.probabilities.values()) for u in conversation.utterances])


def test_a_transcript_alone_gives_what_its_features_give(text_model, talk):
    found = text_model.predict(talk.with_suffix(".csv"))
    assert [u.speaker for u in found.utterances] == ["Ann", "Ben", "Ann"]
    assert np.allclose(probabilities(found).sum(1), 1)
    config = EncoderConfig(modality="text", encoder="minilm")
    encoder = make_encoder("text", "minilm", config.parameters)
    texts = [t.text for t in read_transcript(talk.with_suffix(".csv"))[0].turns]
    x = np.stack([e.values for e in encoder.encode([Clip("u", t, None) for t in texts])])
    own = text_model.predict_features({"text": x}, ["Ann", "Ben", "Ann"])
    assert np.allclose(own, probabilities(found), atol=1e-5)
    other = text_model.predict_features({"text": x}, ["Ann", "Ben", "Cleo"])
    assert not np.allclose(other, own, atol=1e-6)  # who speaks matters


def test_turns_at_hand_are_predicted_as_their_file_is(text_model, talk):
    turns = [(t.speaker, t.text) for t in read_transcript(talk.with_suffix(".csv"))[0].turns]
    found, own = text_model.predict(talk.with_suffix(".csv")), text_model.predict_turns(turns)
    assert np.allclose(probabilities(found), probabilities(own), atol=1e-6)
    assert own.recording is None
    with pytest.raises(DataError, match="no utterance"):
        text_model.predict_turns([])


def test_what_a_recording_lacks_is_masked_and_said(make_model, talk):
    model = make_model("text", "audio", "video")
    found = model.predict(talk)
    assert found.recording == str(talk)
    for utterance in found.utterances:
        assert set(utterance.missing) == {"video"}
        assert "no video" in utterance.missing["video"]
    alone = model.predict(talk.with_suffix(".csv"))
    assert {*alone.utterances[0].missing.values()} == {"no recording was given"}
    assert not np.allclose(probabilities(alone), probabilities(found), atol=1e-6)


def test_many_recordings_are_predicted_as_each_alone_and_a_broken_one_stops_none(
    make_model, talk, tmp_path
):
    model = make_model("text", "audio")
    for name in ("a", "b"):
        shutil.copy(talk, tmp_path / f"{name}.wav")
        shutil.copy(talk.with_suffix(".csv"), tmp_path / f"{name}.csv")
    (tmp_path / "broken.mp4").write_bytes(b"no video at all")
    shutil.copy(talk.with_suffix(".csv"), tmp_path / "broken.csv")
    first, second, broken = model.predict_all(find_sources([tmp_path]))
    assert (first.name, second.name, broken.name) == ("a", "b", "broken")
    assert np.allclose(probabilities(first), probabilities(model.predict(talk)), atol=1e-6)
    assert "cannot be decoded" in broken.utterances[0].missing["audio"]
    assert not first.utterances[0].missing


def test_a_span_past_the_recordings_end_has_no_sound(make_model, talk, tmp_path):
    long = tmp_path / "long.csv"
    long.write_text(SAID + "500,501,Ben,Still there?\n")
    found = make_model("text", "audio").predict(talk, long)
    assert not found.utterances[0].missing
    assert "audio" in found.utterances[3].missing


def test_silence_a_face_that_is_not_there_and_a_single_speaker(make_model, tmp_path):
    write_video(tmp_path / "quiet.mp4", grey_frames(50), sound=None)
    (tmp_path / "quiet.srt").write_text("1\n00:00:00,000 --> 00:00:01,500\nHello\n")
    found = make_model("text", "audio", "video").predict(tmp_path / "quiet.mp4")
    assert "audio" in found.utterances[0].missing
    assert "video" not in found.utterances[0].missing
    assert found.notes[0].startswith("1 of 1 turns name no speaker")


def test_past_only_predictions_do_not_change_when_more_is_said(make_model):
    model = make_model("text", future=0)
    said = [("a", "one"), ("b", "two"), ("a", "three")]
    whole, part = model.predict_turns(said), model.predict_turns(said[:2])
    assert np.allclose(probabilities(whole)[:2], probabilities(part), atol=1e-6)


def test_features_that_do_not_fit_are_refused(text_model):
    x = np.zeros((2, 384), np.float32)
    for features, speakers, message in (
        ({"text": x[:, :3]}, "ab", r"text: features of shape \(2, 3\), not \(2, 384\)"),
        ({"text": x}, "abc", r"not \(3, 384\)"),
        ({"text": x + np.nan}, "ab", "NaN or infinite"),
        ({"text": x, "smell": x}, "ab", "does not read smell"),
        ({"text": x[:0]}, "", "no utterance to predict"),
        ({}, "", "no utterance to predict"),
        ({"text": x}, "a\ud800", "utterance 2: its speaker holds half a character"),
    ):
        with pytest.raises(DataError, match=message):
            text_model.predict_features(features, list(speakers))


def test_a_mask_hides_features_and_invents_none(make_model):
    model = make_model("text", "audio")
    x, speakers = np.random.default_rng(0).normal(size=(3, 384)), ["Ann", "Ben", "Ann"]
    own = model.predict_features({"text": x}, speakers)
    here = np.ones(3, bool)
    assert np.array_equal(model.predict_features({"text": x}, speakers, {"audio": here}), own)
    hidden = model.predict_features({"text": x}, speakers, {"text": ~here})
    assert not np.allclose(hidden, own)
    with pytest.raises(DataError, match="does not read txet"):
        model.predict_features({"text": x}, speakers, {"txet": here})
    with pytest.raises(DataError, match=r"a mask of shape \(2,\)"):
        model.predict_features({"text": x}, speakers, {"text": here[:2]})


def test_a_recording_without_transcript_or_words_says_what_to_do(
    text_model, talk, tmp_path, monkeypatch
):
    monkeypatch.setattr(listen, "available", lambda speech: "faster-whisper not installed")
    shutil.copy(talk, tmp_path / "mute.wav")
    with pytest.raises(DataError, match=r"there is no transcript.*mute\.srt.*not installed"):
        text_model.predict(tmp_path / "mute.wav")
    (tmp_path / "x.csv").write_text("speaker,text\na,\n")
    with pytest.raises(DataError, match="nothing can be predicted"):
        text_model.predict(tmp_path / "x.csv")


def test_other_weights_are_refused_and_other_releases_told(make_model, talk, tmp_path):
    model = make_model("text")
    own = dict(model.head.features["text"])
    for build in ("+cpu", "+cu130"):  # another build is the same release
        made_by = {name: version + build for name, version in own["made_by"].items()}
        model.head.features["text"]["made_by"] = made_by
        assert not any("->" in note for note in model.predict(talk.with_suffix(".csv")).notes)
    model.head.features["text"]["made_by"] = {**own["made_by"], "numpy": "0.1"}
    assert "numpy 0.1 ->" in model.predict(talk.with_suffix(".csv")).notes[-1]
    model.head.features["text"]["weights_sha256"] = "0" * 64
    with pytest.raises(DataError, match=r"has weights_sha256 .* here, but had"):
        model.predict(talk.with_suffix(".csv"))


def test_a_model_saved_as_the_hub_has_it_is_the_same(text_model, talk, tmp_path):
    text_model.save_pretrained(tmp_path / "saved")
    names = {path.name for path in (tmp_path / "saved").iterdir()}
    assert names == {"config.json", "model.safetensors", "README.md"}
    card = (tmp_path / "saved" / "README.md").read_text()
    assert "## What it must not be used for" in card
    assert "joy, anger, calm" in card
    again = EmotionModel.from_pretrained(str(tmp_path / "saved"))
    path = talk.with_suffix(".csv")
    assert np.array_equal(
        probabilities(again.predict(path)), probabilities(text_model.predict(path))
    )


def test_a_card_says_what_is_relative_to_the_speaker_and_whose_names_are_in_the_model(
    make_model, text_model
):
    how = {"audio": {"normalise": "beside", "normalise_over": "corpus"}}
    card = make_model("text", "audio", normalise=how, people=("Ann", "Ben")).card
    assert "Audio is read relative to its speaker (normalise: beside, normalise_over" in card
    assert "means of 2 training speakers" in card
    assert "relative" not in text_model.card


def test_a_card_and_what_lies_beside_a_model_are_no_reason_not_to_load_it(
    text_model, tmp_path, monkeypatch
):
    text_model.save_pretrained(tmp_path / "model")
    readme = tmp_path / "model" / "README.md"
    readme.write_bytes("Für Gespräche".encode("cp1252"))
    assert EmotionModel.from_folder(tmp_path / "model").card == "F\ufffdr Gespr\ufffdche"
    readme.unlink()
    (tmp_path / "predictions.parquet").write_bytes(b"a user's own")
    assert EmotionModel.from_folder(tmp_path / "model").card == text_model.card
    monkeypatch.setattr(module, "read_scores", pytest.fail)  # not read to load a model
    EmotionModel.from_folder(tmp_path / "model")


def test_a_damaged_model_is_one_error(text_model, tmp_path):
    text_model.save_pretrained(tmp_path / "saved")
    config = tmp_path / "saved" / "config.json"
    config.write_text(config.read_text().replace('"joy"', '"jay"'))
    with pytest.raises(DataError, match=r"config\.json"):
        EmotionModel.from_pretrained(str(tmp_path / "saved"))
    config.write_text(json.dumps({"a": 1}))
    with pytest.raises(DataError, match=r"config\.json"):
        EmotionModel.from_folder(tmp_path / "saved")


@pytest.mark.parametrize("over", [None, "corpus"])
def test_one_long_recording_is_predicted_as_its_clips_are_by_the_pipeline(
    make_model, tmp_path, over
):
    """Table, extraction, graph and network of a corpus of clips; and the same clips in one file."""
    corpus, whole = tmp_path / "corpus", tmp_path / "whole.mp4"
    corpus.mkdir()
    random = np.random.default_rng(0)
    clips = [
        (
            [random.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(25)],
            tone(1.0, 110.0 * (n + 2), 16000) * (n + 1) / 8,
        )
        for n in range(4)
    ]
    rows = ["dialogue_id,utterance_id,speaker,text,emotion,media"]
    turns = ["start_s,end_s,speaker,text"]
    for number, (pictures, sound) in enumerate(clips):
        write_exact(corpus / f"{number}.mp4", pictures, sound)
        rows.append(f"d,u{number},{'ab'[number % 2]},Well {number}.,joy,{number}.mp4")
        turns.append(f"{number},{number + 1},{'ab'[number % 2]},Well {number}.")
    (corpus / "conversations.csv").write_text("\n".join(rows))
    whole.with_suffix(".csv").write_text("\n".join(turns))
    pictures = [picture for own, _ in clips for picture in own]
    write_exact(whole, pictures, np.concatenate([sound for _, sound in clips]))

    how = {"audio": {"normalise": "beside", "normalise_over": over}} if over else None
    people = ("b",) if over == "corpus" else ()
    model = make_model("text", "audio", "video", normalise=how, people=people)
    prepare("folder", corpus, tmp_path / "table.parquet")
    stores = {}
    for modality, own in model.head.features.items():
        stores[modality] = tmp_path / f"{modality}.h5"
        config = EncoderConfig(
            modality=modality, encoder=own["encoder"], parameters=own["parameters"]
        )
        extract(tmp_path / "table.parquet", corpus, stores[modality], config)
    build_graph_file(tmp_path / "table.parquet", model.head.graph, tmp_path / "graph.h5")
    dialogues = load_dialogues(tmp_path / "graph.h5", stores)
    expected = predict(model.network, standardised(dialogues, model.network)).numpy()

    found = model.predict(whole)
    assert not any(u.missing for u in found.utterances)
    assert np.allclose(probabilities(found), expected, atol=1e-6)
    assert np.ptp(expected, axis=0).max() > 1e-3  # the clips differ
