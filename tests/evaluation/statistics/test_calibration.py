from dataclasses import replace

import numpy as np
import pytest

from ariigcn.evaluation.predictions import read_predictions
from ariigcn.evaluation.statistics.calibration import (
    calibration_frame,
    error_if_calibrated,
    reliability,
)
from tests.synthetic_runs import make_project


def test_the_error_worked_by_hand():
    confidence = np.array([0.95, 0.97, 0.40, 0.35])
    correct = np.array([True, False, False, True])
    # Bins of 1/15: 0.95 and 0.97 lie in the last (0.933, 1]; 0.40 in (0.333, 0.4], as does 0.35.
    binned = reliability(confidence, correct)
    assert binned.count.nonzero()[0].tolist() == [5, 14]
    assert binned.error == pytest.approx(0.5 * abs(0.5 - 0.96) + 0.5 * abs(0.5 - 0.375))


def test_it_equals_a_loop_over_the_bins():
    rng = np.random.default_rng(0)
    confidence, correct = rng.random(500), rng.random(500) < 0.6
    error = 0.0
    for b in range(15):
        inside = (confidence > b / 15) & (confidence <= (b + 1) / 15)
        if inside.any():
            gap = abs(correct[inside].mean() - confidence[inside].mean())
            error += inside.mean() * gap
    assert reliability(confidence, correct).error == pytest.approx(error)


def test_a_calibrated_model_has_almost_none_and_a_sure_one_much():
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.3, 1, 20_000)
    assert reliability(confidence, rng.random(20_000) < confidence).error < 0.02
    assert reliability(np.ones(100), np.arange(100) < 60).error == pytest.approx(0.4)


def test_what_a_calibrated_model_shows_is_the_mean_over_models_that_are():
    rng = np.random.default_rng(2)
    confidence = rng.uniform(0.3, 1, 60)
    drawn = [reliability(confidence, rng.random(60) < confidence).error for _ in range(400)]
    assert error_if_calibrated(confidence) == pytest.approx(np.mean(drawn), abs=0.01)
    assert error_if_calibrated(np.repeat(confidence, 500)) < 0.02 < np.mean(drawn)


def test_a_sure_and_wrong_model_has_an_interval_around_its_brier_score(tmp_path):
    experiments = [("a", ("text",), 3, 0.02, False)]
    files = make_project(tmp_path, experiments=experiments).predictions["a"]
    own = read_predictions(files)
    spread = np.linspace(0.9, 1, len(own.seeds))[:, None, None]
    sure = spread * np.eye(6)[own.predicted] + (1 - spread) / 6
    row = calibration_frame([replace(own, probabilities=sure)]).iloc[0]
    assert 1 < row["brier_low"] < row["brier_mean"] < row["brier_high"] <= 2


def test_one_row_an_experiment_with_intervals_over_seeds(tmp_path):
    project = make_project(tmp_path)
    experiments = [read_predictions(files) for files in project.predictions.values()]
    frame = calibration_frame(experiments)
    own = experiments[0]
    each = [reliability(*pair).error for pair in zip(own.confidence, own.correct, strict=True)]
    assert frame["ece_mean"].iloc[0] == pytest.approx(np.mean(each))
    assert frame["ece_low"].iloc[0] < frame["ece_mean"].iloc[0] < frame["ece_high"].iloc[0]
    indicator = np.eye(6)[own.true]
    brier = np.mean([((p - indicator) ** 2).sum(1).mean() for p in own.probabilities])
    assert frame["brier_mean"].iloc[0] == pytest.approx(brier)
    assert frame["ece_low"].isna().tolist() == [False, True]
    nothing = own.of_rows(own.true < 0)
    assert calibration_frame([nothing])["ece_mean"].isna().all()
