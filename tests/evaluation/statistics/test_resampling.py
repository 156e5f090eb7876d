"""The vectorised bootstrap equals a loop over utterances that are really drawn."""

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.metrics import accuracy_score, f1_score

from ariigcn.core.scores import class_counts, score_counts
from ariigcn.evaluation.statistics.resampling import (
    FEWEST,
    bootstrap_interval,
    difference_test,
    draw_dialogues,
    resampled_scores,
)

CLASSES = 4


def made_up(rng, dialogues=12, seeds=3):
    """Dialogues of one to nine utterances; the last class is never true."""
    lengths = rng.integers(1, 10, dialogues)
    dialogue = np.repeat(np.arange(dialogues), lengths)
    true = rng.integers(CLASSES - 1, size=len(dialogue))
    predicted = rng.integers(CLASSES, size=(seeds, len(dialogue)))
    return true, np.where(rng.random(predicted.shape) < 0.5, true, predicted), dialogue


def sklearn_score(name, true, predicted):
    if name == "accuracy":
        return accuracy_score(true, predicted)
    average = name.removesuffix("_f1")
    present = sorted(set(true))
    return f1_score(true, predicted, labels=present, average=average, zero_division=0)


@pytest.mark.parametrize("name", ["accuracy", "weighted_f1", "macro_f1"])
def test_the_same_draws_give_what_a_loop_over_utterances_gives(name):
    true, predicted, dialogue = made_up(np.random.default_rng(1))
    weights = draw_dialogues(12, 25, seed=3)
    counts = class_counts(true, predicted, dialogue, CLASSES, 12)
    expected = []
    for draw in weights.astype(int):
        rows = np.concatenate(
            [np.flatnonzero(dialogue == d) for d, times in enumerate(draw) for _ in range(times)]
        )
        expected.append(np.mean([sklearn_score(name, true[rows], own[rows]) for own in predicted]))
    assert resampled_scores(counts, weights, [name])[0] == pytest.approx(expected)


def test_counts_of_the_whole_split_give_its_scores():
    true, predicted, dialogue = made_up(np.random.default_rng(2))
    whole = class_counts(true, predicted, dialogue, CLASSES, 12).sum(axis=0)
    for name in ("accuracy", "weighted_f1", "macro_f1"):
        expected = [sklearn_score(name, true, own) for own in predicted]
        assert score_counts(whole, name) == pytest.approx(expected)


def test_draws_are_dialogues_with_replacement_and_the_same_each_time():
    weights = draw_dialogues(40, 2_000)
    assert (weights.sum(axis=1) == 40).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(40), abs=0.12)
    assert (weights == 0).mean() == pytest.approx((1 - 1 / 40) ** 40, abs=0.01)
    assert (weights == draw_dialogues(40, 2_000)).all()
    assert (weights != draw_dialogues(40, 2_000, seed=1)).any()


def test_of_a_plain_mean_the_interval_is_students():
    """Dialogues of one utterance each: the bootstrap's standard error is known."""
    values = np.random.default_rng(4).normal(0.3, 1, 20)
    drawn = draw_dialogues(20, 20_000) @ values / 20
    low, high, p = difference_test(values.mean(), drawn, 20)
    half = student.ppf(0.975, 19) * values.std(ddof=1) / np.sqrt(20)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)
    assert (p < 0.05) == (low > 0 or high < 0)


def test_without_any_difference_nothing_is_found():
    assert difference_test(0.0, np.zeros(100), 30) == (0.0, 0.0, 1.0)


def test_of_a_difference_that_no_resample_varies_it_is_not_known_how_sure_it_is():
    alike = 0.1 + np.random.default_rng(0).choice([0, 1e-17, -1e-17], 100)
    assert np.isnan(difference_test(0.1, alike, 30)).all()


def test_too_few_dialogues_or_nothing_that_varies_give_no_interval():
    drawn = np.random.default_rng(0).random(100)
    assert np.isnan(difference_test(0.1, drawn, FEWEST - 1)).all()
    assert np.isnan(bootstrap_interval(drawn, FEWEST - 1)).all()
    assert np.isnan(bootstrap_interval(np.ones(100), 30)).all()
    low, high = bootstrap_interval(drawn, FEWEST)
    assert 0 <= low < high <= 1
