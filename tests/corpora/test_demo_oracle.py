"""The oracle: against enumeration, against counting, and against what the design says."""

import itertools

import numpy as np
import pytest

from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.oracle import Reachable, likelihoods, posteriors
from ariigcn.corpora.demo.script import (
    DEADPAN,
    EMOTIONS,
    MODALITIES,
    SUBSETS,
    Utterance,
    emotion_prior,
    sample_dialogue,
    sample_dialogues,
)

ALL = MODALITIES
NOBODY = len(EMOTIONS)  # in an emotion's place where nobody has spoken yet
# P(emotion | own last, before), [7, 7, 6].
PRIORS = np.array(
    [[emotion_prior(own, before) for before in (*EMOTIONS, None)] for own in (*EMOTIONS, None)]
)


def by_enumeration(utterances, subset):
    """Posterior of each emotion from all 6^N sequences, each weighed by itself."""
    evidence = likelihoods(utterances, subset)
    sequences = np.array([*itertools.product(range(len(EMOTIONS)), repeat=len(utterances))]).T
    weight, last, before = np.ones(sequences.shape[1]), {}, NOBODY
    for utterance, now, shown in zip(utterances, sequences, evidence, strict=True):
        weight *= PRIORS[last.get(utterance.speaker, NOBODY), before, now] * shown[now]
        last[utterance.speaker] = before = now
    result = np.array([np.bincount(now, weight, len(EMOTIONS)) for now in sequences])
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
    return list(sample_dialogues(DemoConfig(dialogues=600, broken_clips=False)))


@pytest.mark.parametrize("context", [True, False])
@pytest.mark.parametrize("subset", [("text",), ALL])
def test_guesses_are_as_good_as_the_oracle_says(many, subset, context):
    """Hits and log scores of dialogues drawn, against what the posteriors expect of themselves.

    The log score tells what hits do not: with noise of 5 % where cues were drawn with 3 %, text's
    hits stay within what is expected and its log score is 4 standard errors off.
    """
    by_dialogue = []
    for dialogue in many:
        posterior = posteriors(dialogue.utterances, subset, context)
        true = [EMOTIONS.index(u.emotion) for u in dialogue.utterances]
        of_true = posterior[range(len(true)), true]
        hits = (posterior.argmax(axis=1) == true).sum() - posterior.max(axis=1).sum()
        score = np.log(of_true).sum() - (posterior * np.log(posterior)).sum()
        by_dialogue.append((hits, score))
    error = np.std(by_dialogue, axis=0) / np.sqrt(len(many))
    assert (np.abs(np.mean(by_dialogue, axis=0)) < 4 * error).all()


def test_deadpans_and_moods_are_as_frequent_as_the_oracle_believes(many):
    deadpan = [u.deadpan for dialogue in many for u in dialogue.utterances[1:]]
    error = np.sqrt(DEADPAN * (1 - DEADPAN) / len(deadpan))
    assert abs(np.mean(deadpan) - DEADPAN) < 4 * error
    surprises = []
    for dialogue in many:
        last, before = {}, NOBODY
        for utterance in dialogue.utterances:
            prior = PRIORS[last.get(utterance.speaker, NOBODY), before]
            now = EMOTIONS.index(utterance.emotion)
            surprises.append(np.log(prior[now]) - prior @ np.log(prior))
            last[utterance.speaker] = before = now
    assert abs(np.mean(surprises)) < 4 * np.std(surprises) / np.sqrt(len(surprises))


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
