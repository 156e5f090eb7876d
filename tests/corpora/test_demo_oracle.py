"""The oracle: against enumeration, against counting, and against what the design says."""

import itertools

import numpy as np
import pytest

from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.oracle import Reachable, likelihoods, posteriors
from ariigcn.corpora.demo.script import (
    EMOTIONS,
    MODALITIES,
    SUBSETS,
    Utterance,
    emotion_prior,
    sample_dialogue,
    sample_dialogues,
)

ALL = MODALITIES


def by_enumeration(utterances, subset):
    """Posterior of each emotion from all 6^N sequences, weighed one by one."""
    evidence = likelihoods(utterances, subset)
    result = np.zeros((len(utterances), len(EMOTIONS)))
    for sequence in itertools.product(EMOTIONS, repeat=len(utterances)):
        weight, last, before = 1.0, {}, None
        for i, emotion in enumerate(sequence):
            speaker, k = utterances[i].speaker, EMOTIONS.index(emotion)
            weight *= emotion_prior(last.get(speaker), before)[k] * evidence[i, k]
            last[speaker] = before = emotion
        for i, emotion in enumerate(sequence):
            result[i, EMOTIONS.index(emotion)] += weight
    return result / result.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("index", range(6))
@pytest.mark.parametrize("subset", [("text",), ("audio", "video"), ALL])
def test_forward_backward_equals_enumeration(index, subset):
    utterances = sample_dialogue(DemoConfig(), index).utterances[:5]
    expected = by_enumeration(utterances, subset)
    np.testing.assert_allclose(posteriors(utterances, subset), expected, atol=1e-12)


def test_text_alone_cannot_tell_joy_from_surprise_and_video_can():
    cues = {"text": "good", "audio": "high", "video": "smile"}
    alone = [Utterance(0, "joy", cues, "We won.")]
    joy, surprise = EMOTIONS.index("joy"), EMOTIONS.index("surprise")
    text = posteriors(alone, ("text",))[0]
    assert text[joy] == pytest.approx(text[surprise]) == pytest.approx(0.485)
    assert posteriors(alone, ("text", "video"))[0][joy] > 0.95


def test_only_context_settles_a_deadpan():
    clear = Utterance(0, "joy", {"text": "good", "audio": "high", "video": "smile"}, "We won.")
    deadpan = Utterance(0, "joy", {"text": "none", "audio": "flat", "video": "blank"}, "Okay.")
    np.testing.assert_allclose(posteriors([clear, deadpan], ALL, context=False)[1], 1 / 6)
    with_context = posteriors([clear, deadpan], ALL)[1]
    assert EMOTIONS[with_context.argmax()] == "joy"
    assert with_context.max() > 0.7


@pytest.mark.parametrize(
    ("broken", "left"),
    [("no audio", ("text", "video")), ("no face", ("text", "audio")), ("truncated", ("text",))],
)
def test_a_broken_clip_hides_what_it_breaks(broken, left):
    cues = {"text": "bad", "audio": "high", "video": "wide"}
    whole = Utterance(0, "fear", cues, "Run.")
    hurt = Utterance(0, "fear", cues, "Run.", broken)
    np.testing.assert_allclose(posteriors([hurt], ALL), posteriors([whole], left))


@pytest.fixture(scope="module")
def many():
    return list(sample_dialogues(DemoConfig(dialogues=2000, broken_clips=False)))


@pytest.mark.parametrize("context", [True, False])
@pytest.mark.parametrize("subset", [("text",), ALL])
def test_the_best_guess_is_right_as_often_as_the_oracle_says(many, subset, context):
    by_dialogue = []
    for dialogue in many:
        posterior = posteriors(dialogue.utterances, subset, context)
        right = [
            EMOTIONS[guess] == utterance.emotion
            for guess, utterance in zip(posterior.argmax(axis=1), dialogue.utterances, strict=True)
        ]
        by_dialogue.append(np.sum(right) - posterior.max(axis=1).sum())
    error = np.std(by_dialogue) / np.sqrt(len(many))
    assert abs(np.mean(by_dialogue)) < 4 * error


def test_more_modalities_and_context_never_hurt_and_no_single_one_suffices(many):
    reachable = Reachable()
    for dialogue in many[:150]:
        reachable.add(dialogue)
    train = reachable.table()["train"]
    assert list(train) == ["+".join(subset) for subset in SUBSETS]
    for small, large in itertools.product(SUBSETS, SUBSETS):
        if set(small) < set(large):
            for kind in ("with_context", "without_context"):
                assert train["+".join(small)][kind] < train["+".join(large)][kind]
    for value in train.values():
        assert value["without_context"] < value["with_context"]
    assert train["text+audio+video"]["without_context"] >= 0.87
    assert max(train[m]["with_context"] for m in MODALITIES) <= 0.65
