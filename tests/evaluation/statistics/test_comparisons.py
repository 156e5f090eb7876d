"""Differences that are there are found, and those that are not are found at the nominal rate."""

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests

from ariigcn.core.errors import DataError
from ariigcn.core.scores import class_counts, score_counts
from ariigcn.evaluation.predictions import Predictions, read_predictions
from ariigcn.evaluation.statistics.comparisons import (
    BETTER,
    NEEDS_DIALOGUES,
    NEEDS_SEEDS,
    UNDECIDED,
    WORSE,
    comparisons_frame,
    holm,
    mcnemar_over_seeds,
)
from ariigcn.evaluation.statistics.resampling import (
    difference_test,
    draw_dialogues,
    resampled_scores,
)
from tests.synthetic_runs import make_project

CLASSES = 4


def experiment(name, quality, *, seeds=5, dialogues=30, length=10, shared=0, test=0):
    """Utterances of test set ``test``; each seed is right with probability ``quality``."""
    dialogue = np.repeat(np.arange(dialogues), length)
    true = np.random.default_rng([7, test]).integers(CLASSES, size=len(dialogue))
    rng = np.random.default_rng([shared, test, len(name), ord(name[0])])
    wrong = (true + rng.integers(1, CLASSES, size=(seeds, len(true)))) % CLASSES
    predicted = np.where(rng.random((seeds, len(true))) < quality, true, wrong)
    return Predictions(
        experiment=name,
        modalities=("text",),
        labels=tuple("abcd"),
        seeds=tuple(range(seeds)),
        utterance_ids=np.array([f"u{i}" for i in range(len(true))], dtype=object),
        dialogue=dialogue,
        true=true,
        predicted=predicted,
        probabilities=np.full((seeds, len(true), CLASSES), 0.25),
    )


def test_planted_differences_are_found_and_the_rest_is_not():
    main = experiment("main", 0.7)
    others = [experiment("up", 0.8), experiment("down", 0.6), experiment("equal", 0.7)]
    frame = comparisons_frame([main, *others], 2_000).set_index("experiment")
    assert frame["verdict"].to_dict() == {"up": BETTER, "down": WORSE, "equal": UNDECIDED}
    assert frame.loc["up", "weighted_f1_difference"] == pytest.approx(0.1, abs=0.05)
    assert frame.loc["up", "weighted_f1_low"] > 0 > frame.loc["down", "weighted_f1_high"]
    assert frame.loc["up", "cohens_g"] > 0 > frame.loc["down", "cohens_g"]
    assert (frame["p_bootstrap_holm"] >= frame["p_bootstrap"]).all()


def test_one_seed_or_few_dialogues_decide_nothing():
    main, up = experiment("main", 0.5), experiment("up", 0.9)
    alone = comparisons_frame([main.of_seeds([0]), up.of_seeds([0])], 500)
    assert alone["verdict"].tolist() == [NEEDS_SEEDS]
    first = main.dialogue < 3
    few = comparisons_frame([main.of_rows(first), up.of_rows(first)], 500)
    assert few["verdict"].tolist() == [NEEDS_DIALOGUES]


def test_only_seeds_that_both_have_are_compared():
    main, other = experiment("main", 0.7), experiment("other", 0.7, seeds=3)
    same = comparisons_frame([main.of_seeds([0, 1, 2]), other], 500)
    assert comparisons_frame([main, other], 500).equals(same)
    assert same["seeds"].tolist() == [3]


def test_null_differences_are_found_at_the_nominal_rate():
    """Four hundred pairs of equal models on nine dialogues, where a plain bootstrap finds 10 %."""
    weights = draw_dialogues(9, 500)
    p, mcnemar = [], []
    for test in range(400):
        pair = [experiment(n, 0.6, seeds=1, dialogues=9, test=test) for n in ("main", "other")]
        counts = [class_counts(e.true, e.predicted, e.dialogue, CLASSES, 9) for e in pair]
        drawn = [resampled_scores(c, weights, ["weighted_f1"])[0] for c in counts]
        seen = [score_counts(c.sum(axis=0), "weighted_f1").mean() for c in counts]
        p.append(difference_test(seen[0] - seen[1], drawn[0] - drawn[1], 9)[2])
        mcnemar.append(mcnemar_over_seeds(*pair)[3])
    # 400 draws at 0.05: a standard error of 0.011.
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.035)
    assert np.mean(np.array(mcnemar) < 0.05) <= 0.07


def test_mcnemar_is_the_binomial_test_of_the_discordant_utterances():
    main, other = experiment("main", 0.7, seeds=1), experiment("other", 0.6, seeds=1)
    gained, lost, g, p = mcnemar_over_seeds(other, main)
    right, wrong = other.correct[0], main.correct[0]
    assert (gained, lost) == ((right & ~wrong).sum(), (~right & wrong).sum())
    assert p == pytest.approx(binomtest(int(gained), int(gained + lost)).pvalue)
    assert g == pytest.approx(gained / (gained + lost) - 0.5)


def test_seeds_of_the_same_utterances_are_not_pooled():
    """Copies of one seed add nothing: the p stays near that of one, doubled at most."""
    main, other = experiment("main", 0.7), experiment("other", 0.62)
    one = mcnemar_over_seeds(other.of_seeds([0]), main.of_seeds([0]))[3]
    copies = mcnemar_over_seeds(other.of_seeds([0] * 5), main.of_seeds([0] * 5))[3]
    assert copies == pytest.approx(min(1, 2 * one))


def test_holm_leaves_out_tests_that_could_not_be_made():
    p = np.array([0.01, np.nan, 0.04, 0.03])
    corrected = holm(p)
    assert np.isnan(corrected[1])
    assert corrected[[0, 2, 3]] == pytest.approx(
        multipletests([0.01, 0.04, 0.03], method="holm")[1]
    )
    assert corrected[0] == pytest.approx(0.03)


def test_experiments_on_other_utterances_are_an_error():
    with pytest.raises(DataError, match="other and main were tested on different"):
        comparisons_frame([experiment("main", 0.7), experiment("other", 0.7, test=1)])


def test_a_split_without_labels_is_compared_as_nothing():
    nobody = experiment("main", 0.7).dialogue < 0
    pair = [experiment(n, 0.7).of_rows(nobody) for n in ("main", "other")]
    frame = comparisons_frame(pair)
    assert frame["utterances"].tolist() == [0]
    assert frame["weighted_f1_difference"].isna().all()


def test_seeds_of_different_utterances_do_not_read(tmp_path):
    project = make_project(tmp_path / "a")
    other = make_project(tmp_path / "b", absent="fear")
    with pytest.raises(DataError, match="have different utterances"):
        read_predictions([project.predictions["ar-iigcn"][0], other.predictions["ar-iigcn"][1]])
