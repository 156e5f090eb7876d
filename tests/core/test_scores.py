"""Scores from counts are scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from ariigcn.core.scores import weighted_f1


@pytest.mark.parametrize("classes", [2, 7, 12])
def test_weighted_f1_is_scikit_learns(classes):
    """Also where a class is never predicted or never true."""
    rng = np.random.default_rng(classes)
    for count in (1, 5, 300):
        true, predicted = rng.integers(classes, size=(2, count))
        expected = f1_score(true, predicted, average="weighted", zero_division=0)
        assert weighted_f1(true, predicted) == pytest.approx(expected, abs=1e-12)


def test_no_prediction_has_a_weighted_f1_of_zero():
    nothing = np.zeros(0, np.int64)
    assert weighted_f1(nothing, nothing) == 0.0
