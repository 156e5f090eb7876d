"""The table of separation, and the sentence that it decides."""

from dataclasses import replace

import pytest

from ariigcn.report.separation import separation_verdict, separation_view
from tests.synthetic_corpus import make_corpus
from tests.synthetic_inspection import make_inspection


@pytest.fixture(scope="module")
def inspection():
    return make_inspection(make_corpus([6, 6, 6, 6, 6]))


def with_silhouettes(inspection, *values):
    measures = {
        stage: {**own, "silhouette": value}
        for (stage, own), value in zip(inspection.measures.items(), values, strict=True)
    }
    return replace(inspection, measures=measures)


@pytest.mark.parametrize(
    ("after", "words"),
    [(0.42, "sorts the nodes"), (0.06, "does not change"), (-0.2, "less sorted")],
)
def test_the_sentence_follows_the_silhouette(inspection, after, words):
    said = separation_verdict(with_silhouettes(inspection, 0.05, 0.07, after))
    assert words in said
    assert f"{after:.2f} after the graph".replace("-", "\N{MINUS SIGN}") in said
    assert "-" not in said.replace("held-out", "")


def test_what_cannot_be_measured_is_not_judged(inspection):
    nothing = with_silhouettes(inspection, *[float("nan")] * 3)
    assert separation_verdict(nothing) == ""
    assert separation_view(nothing) is None


def test_the_table_has_a_row_a_stage(inspection):
    view = separation_view(inspection)
    assert [row[0] for row in view.rows] == [
        "After the encoders", "After the generators", "After the graph",
    ]  # fmt: skip
    assert view.rows[2][1].value == "0.42"
    assert view.rows[2][3].value == "\N{MINUS SIGN}1.42"
