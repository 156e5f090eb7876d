import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_rel

from ariigcn.core.errors import DataError
from ariigcn.core.storage import write_json
from ariigcn.corpora.table import read_corpus
from ariigcn.evaluation.run_files import read_metrics
from ariigcn.evaluation.tables.frames import (
    decimal,
    mean_sd,
    modality_key,
    paired_difference,
    per_class_frame,
    percent,
    reachable_accuracy,
    reachable_interval,
    read_seeds,
    results_frame,
    seeds_interval,
    student_interval,
)
from tests.synthetic_runs import LABELS, make_corpus, make_project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("project"), absent="fear")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.125, "0.12"), (-0.014, "\N{MINUS SIGN}0.01"), (-0.004, "0.00"), (0.0, "0.00")],
)
def test_a_number_has_a_true_minus_and_none_before_a_zero(value, shown):
    assert decimal(value, 2) == shown


def test_the_spread_is_the_samples():
    assert mean_sd([0.1, 0.3]) == pytest.approx((0.2, np.sqrt(0.02)))
    assert np.isnan(mean_sd([0.1])[1])
    assert all(np.isnan(mean_sd([])))


def test_per_cent_shows_what_there_is():
    assert percent(0.7123, 0.0081) == "71.2\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}0.8"
    assert percent(0.7123) == "71.2"
    assert percent(float("nan")) == ""


def test_reachable_accuracy_does_not_hang_on_the_order_of_modalities():
    corpus = make_corpus()
    assert reachable_accuracy(corpus, modality_key(["video", "text", "audio"])) == 0.91
    assert np.isnan(reachable_accuracy(corpus, modality_key(["video"])))
    assert np.isnan(reachable_accuracy(make_corpus(reachable=False), "text"))


def test_a_perfect_classifiers_score_has_a_range_that_shrinks_with_the_utterances():
    low, high = reachable_interval(0.5, 100)
    assert (low, high) == pytest.approx((0.402, 0.598))
    assert reachable_interval(0.5, 10_000) == pytest.approx((0.4902, 0.5098))
    assert reachable_interval(0.97, 10)[1] == 1.0
    assert all(np.isnan(reachable_interval(0.5, 0)))


def runs(experiment, scores):
    return [
        {"experiment": experiment, "seed": seed, "splits": {"test": {"weighted_f1": score}}}
        for seed, score in scores.items()
    ]


def test_differences_are_paired_by_seed_with_an_interval():
    main = runs("main", {0: 0.5, 1: 0.6, 2: 0.7, 9: 0.1})
    other = runs("other", {2: 0.72, 0: 0.51, 1: 0.63})
    mean, low, high = paired_difference(other, main)
    expected = ttest_rel([0.72, 0.51, 0.63], [0.7, 0.5, 0.6]).confidence_interval(0.95)
    assert mean == pytest.approx(0.02)
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert np.isnan(paired_difference(main, main)).all()
    alone = paired_difference(runs("other", {0: 0.6}), main)
    assert alone[0] == pytest.approx(0.1)
    assert np.isnan(alone[1:]).all()


def test_one_row_an_experiment_in_the_given_order(project):
    frame = results_frame(project.metrics, read_corpus(project.table))
    assert list(frame["experiment"]) == ["ar-iigcn", "text-only"]
    assert list(frame["seeds"]) == [5, 1]
    tested = [read_metrics(p)["splits"]["test"]["accuracy"] for p in project.metrics["ar-iigcn"]]
    first = frame.iloc[0]
    assert first["accuracy_mean"] == pytest.approx(np.mean(tested))
    assert first["accuracy_sd"] == pytest.approx(np.std(tested, ddof=1))
    assert first["share_of_reachable"] == pytest.approx(np.mean(tested) / 0.91)
    expected = seeds_interval(tested)
    assert (first["accuracy_low"], first["accuracy_high"]) == pytest.approx(expected)
    assert frame[["accuracy_sd", "accuracy_low"]].iloc[1].isna().all()


def test_classes_absent_from_the_test_split_have_no_f1(project):
    frame = per_class_frame(project.metrics).set_index(["experiment", "emotion"])
    assert len(frame) == 2 * len(LABELS)
    assert frame.loc[("ar-iigcn", "fear"), "support"] == 0
    assert np.isnan(frame.loc[("ar-iigcn", "fear"), "f1_mean"])
    assert frame.loc[("ar-iigcn", "anger"), "f1_mean"] > 0.5


def test_intervals_are_students_and_stay_within_what_a_score_can_be():
    values = [0.5, 0.6, 0.7]
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert student_interval(*mean_sd(values), 3) == pytest.approx((expected.low, expected.high))
    assert seeds_interval(values) == pytest.approx((expected.low, expected.high))
    assert seeds_interval([0.9, 1.0])[1] == 1.0
    assert np.isnan(seeds_interval([0.9])).all()


def test_seeds_that_do_not_belong_together_are_errors(project, tmp_path):
    first, second = project.metrics["ar-iigcn"][:2]
    with pytest.raises(DataError, match="has the same seed twice"):
        read_seeds([first, first])
    other = tmp_path / "metrics.json"
    write_json(read_metrics(second) | {"labels": ["joy"]}, other)
    with pytest.raises(DataError, match="differ in labels"):
        read_seeds([first, other])
    with pytest.raises(DataError, match="no seeds"):
        read_seeds([])
