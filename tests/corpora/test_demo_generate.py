"""The demo corpus as files: the same bytes every time, cues that can be read, clips that are broken."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.core.files import sha256_file
from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.faces import EXPRESSIONS, FACES
from ariigcn.corpora.demo.film import scenery, talking_head
from ariigcn.corpora.demo.generate import generate, load
from ariigcn.corpora.demo.media import make_clip
from ariigcn.corpora.demo.script import EMOTIONS, Utterance, sample_dialogues
from ariigcn.corpora.demo.voices import RATE_HZ, VOICES, fresh_engine
from ariigcn.corpora.table import read_corpus, write_corpus

av = pytest.importorskip("av")
CONFIG = DemoConfig(dialogues=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    generate(CONFIG, out)
    return out


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("[!.]*") if p.is_file())
    return {str(p.relative_to(folder)): sha256_file(p) for p in files}


def test_the_files_do_not_depend_on_the_run_or_the_number_of_workers(folder, tmp_path):
    generate(CONFIG, tmp_path, workers=2)
    assert digests(tmp_path) == digests(folder)


def test_the_table_comes_back_with_labels_splits_and_reachable_accuracy(folder, tmp_path):
    corpus = load(folder)
    assert corpus.name == "demo"
    assert corpus.labels == EMOTIONS
    assert set(corpus.utterances["split"]) == {"train", "validation", "test"}
    assert all((folder / media).is_file() for media in corpus.utterances["media"])
    reachable = corpus.extra["reachable"]["test"]
    assert reachable["text"]["with_context"] < reachable["text+audio+video"]["with_context"]
    write_corpus(corpus, tmp_path / "utterances.parquet")
    assert read_corpus(tmp_path / "utterances.parquet").extra == corpus.extra


def test_a_folder_without_the_oracle_is_no_demo_corpus(tmp_path):
    with pytest.raises(DataError, match="generate it again"):
        load(tmp_path)
    (tmp_path / "oracle.json").write_text(json.dumps({"version": "1"}))
    with pytest.raises(DataError, match="no demo corpus"):
        load(tmp_path)


def test_every_clip_is_whole_or_broken_the_way_the_script_says(folder):
    for dialogue in sample_dialogues(CONFIG):
        for position, utterance in enumerate(dialogue.utterances):
            path = folder / "clips" / dialogue.name / f"u{position:02d}.mp4"
            if utterance.broken == "truncated":
                with pytest.raises(av.error.InvalidDataError):
                    av.open(str(path))
                continue
            with av.open(str(path)) as clip:
                kinds = {stream.type for stream in clip.streams}
                seconds = clip.duration / av.time_base
            assert kinds == ({"video"} if utterance.broken == "no audio" else {"audio", "video"})
            assert seconds < 0.1 if utterance.broken == "too short" else 0.9 < seconds < 6


def cascade() -> "cv2.CascadeClassifier":
    return cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")


def faces_found(frames) -> float:
    detector = cascade()
    grey = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames]
    return float(np.mean([len(detector.detectMultiScale(g, 1.1, 5)) > 0 for g in grey]))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_face_detector_finds_everybody(expression):
    loudness = np.abs(np.sin(np.arange(16) / 2))
    for number, face in enumerate(FACES):
        frames = talking_head(face, expression, loudness, np.random.default_rng(number))
        assert faces_found(frames[::4]) >= 0.75, f"speaker {number}"


def test_a_face_detector_finds_nobody_in_the_scenery():
    assert faces_found(scenery(20, np.random.default_rng(0))[::5]) == 0


def test_the_mouth_moves_with_the_speech():
    still, loud = np.zeros(6), np.array([0, 1, 0, 1, 0, 1.0])
    for expression in ("smile", "stern", "wide", "blank"):
        quiet = talking_head(FACES[0], expression, still, np.random.default_rng(3))
        spoken = talking_head(FACES[0], expression, loud, np.random.default_rng(3))
        assert np.array_equal(quiet[2], spoken[2])
        assert not np.array_equal(quiet[3], spoken[3])


def test_arousal_is_heard_as_loudness_and_tempo():
    text, peak, length = "The report is due on Monday.", {}, {}
    with fresh_engine() as engine:
        for arousal in ("high", "low", "flat"):
            speech = engine.speak(text, VOICES[1], arousal, np.random.default_rng(0))
            peak[arousal], length[arousal] = np.abs(speech).max(), len(speech) / RATE_HZ
    assert peak["high"] > 1.5 * peak["flat"] > 2.5 * peak["low"]
    assert length["high"] < length["flat"] < length["low"]


def test_fresh_engines_speak_alike_even_side_by_side():
    def say(engine, voice):
        return engine.speak("A storm hit the village.", voice, "high", np.random.default_rng(0))

    for voice in VOICES:
        with fresh_engine() as one, fresh_engine() as other:
            assert np.array_equal(say(one, voice), say(other, voice))


def test_one_speaker_is_recorded_in_stereo_with_unequal_channels():
    with fresh_engine() as engine:
        shapes = [
            engine.speak("Good.", voice, "flat", np.random.default_rng(0)).shape[1]
            for voice in VOICES
        ]
    assert shapes.count(2) == 1


def test_a_clip_tells_nothing_of_its_text(tmp_path):
    cues = {"text": "good", "audio": "high", "video": "wide"}
    for text in ("We have won the lottery.", "The contract is due."):
        with fresh_engine() as engine:
            utterance = Utterance(0, "joy", cues, text)
            make_clip(utterance, tmp_path / f"{text}.mp4", engine, np.random.default_rng(0))
    first, second = tmp_path.glob("*.mp4")
    assert first.read_bytes() == second.read_bytes()
