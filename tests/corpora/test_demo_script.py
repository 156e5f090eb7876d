"""The script of the demo corpus: what it draws follows the probabilities it states."""

from collections import Counter

import numpy as np
import pytest

from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.script import (
    BROKEN,
    CUES,
    DEADPAN,
    EMOTIONS,
    MODALITIES,
    NOISE,
    SHOWN,
    cue_probabilities,
    emotion_prior,
    sample_dialogues,
    split_of,
)


@pytest.fixture(scope="module")
def dialogues():
    return list(sample_dialogues(DemoConfig(dialogues=600, broken_clips=False)))


def test_the_same_seed_says_the_same_and_another_one_does_not():
    small = DemoConfig(dialogues=5)
    assert list(sample_dialogues(small)) == list(sample_dialogues(small))
    other = DemoConfig(dialogues=5, seed=small.seed + 1)
    assert list(sample_dialogues(small)) != list(sample_dialogues(other))


def test_a_dialogue_has_two_or_three_speakers_and_opens_with_a_cue(dialogues):
    for dialogue in dialogues:
        assert 7 <= len(dialogue.utterances) <= 13
        assert len({u.speaker for u in dialogue.utterances}) <= 3
        assert not dialogue.utterances[0].deadpan


def test_cues_and_deadpan_come_as_often_as_stated(dialogues):
    later = [u for d in dialogues for u in d.utterances[1:]]
    assert np.mean([u.deadpan for u in later]) == pytest.approx(DEADPAN, abs=0.012)
    shown = [u for u in later if not u.deadpan]
    for modality in MODALITIES:
        off = np.mean([u.cues[modality] != SHOWN[modality][u.emotion] for u in shown])
        assert off == pytest.approx(NOISE, abs=0.008)


def test_speakers_keep_their_emotion_as_often_as_stated(dialogues):
    kept = []
    for dialogue in dialogues:
        for before, now in zip(dialogue.utterances, dialogue.utterances[1:], strict=False):
            if before.speaker == now.speaker:
                kept.append(before.emotion == now.emotion)
    joy = EMOTIONS.index("joy")
    assert np.mean(kept) == pytest.approx(emotion_prior("joy", "joy")[joy], abs=0.04)


def test_probabilities_sum_to_one():
    for own, before in ((None, None), ("joy", None), (None, "fear"), ("joy", "fear")):
        assert emotion_prior(own, before).sum() == pytest.approx(1)
    for modality in MODALITIES:
        np.testing.assert_allclose(cue_probabilities(modality).sum(axis=1), 1)


@pytest.mark.parametrize("dialogues", [3, 4, 10, 40, 1000])
def test_every_split_has_a_dialogue(dialogues):
    counts = Counter(split_of(dialogues, i) for i in range(dialogues))
    assert set(counts) == {"train", "validation", "test"}
    if dialogues >= 40:
        assert counts["train"] / dialogues == pytest.approx(0.65, abs=0.02)


@pytest.mark.parametrize("dialogues", [3, 40, 200])
def test_clips_break_rarely_in_every_way_and_never_on_a_deadpan(dialogues):
    made = list(sample_dialogues(DemoConfig(dialogues=dialogues)))
    everyone = [u for d in made for u in d.utterances]
    broken = [u for u in everyone if u.broken]
    assert {u.broken for u in broken} == set(BROKEN)
    assert not any(u.deadpan for u in broken)
    if dialogues >= 40:
        assert len(broken) / len(everyone) == pytest.approx(0.04, abs=0.01)
        assert {d.split for d in made if any(u.broken for u in d.utterances)} == {
            "train",
            "validation",
            "test",
        }


def test_most_test_sentences_were_never_seen_in_training():
    texts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for dialogue in sample_dialogues(DemoConfig()):
        texts[dialogue.split] += [
            u.text for u in dialogue.utterances if u.cues["text"] != CUES["text"][-1]
        ]
    seen = set(texts["train"])
    assert np.mean([text not in seen for text in texts["test"]]) > 0.8
