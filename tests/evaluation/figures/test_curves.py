from xml.etree import ElementTree

import pytest

from ariigcn.evaluation.figures.curves import draw_curve
from tests.synthetic_runs import make_project

SVG = "{http://www.w3.org/2000/svg}"


def texts(path):
    found = ElementTree.parse(path).getroot().iter(f"{SVG}text")
    return ["".join(element.itertext()).strip() for element in found]


def title(path):
    return ElementTree.parse(path).getroot().find(f"{SVG}title").text


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    modalities = ("text", "audio", "video")
    runs = [(f"m{value}", modalities, 2, 0.2 * value, False) for value in (1, 2, 4)]
    project = make_project(tmp_path_factory.mktemp("curves"), experiments=runs)
    return {name.removeprefix("m"): paths for name, paths in project.metrics.items()}


def test_numbers_stand_in_their_order_and_all_comes_last(metrics, tmp_path):
    given = {"-1": metrics["1"], "10": metrics["2"], "2": metrics["4"]}
    draw_curve("graph.past", given, tmp_path / "one.svg")
    shown = texts(tmp_path / "one.svg")
    assert [t for t in shown if t in given or t == "\N{MINUS SIGN}1"] == ["2", "10", "-1"]
    assert {"graph.past", "test", "validation"} <= set(shown)


def test_the_title_tells_the_scores(metrics, tmp_path):
    draw_curve("training.batch_dialogues", metrics, tmp_path / "one.svg")
    words = title(tmp_path / "one.svg")
    assert words.startswith(
        "Weighted F1 in per cent by training.batch_dialogues, mean over 2 seeds"
    )
    assert "Test: 1 " in words
    draw_curve("training.batch_dialogues", metrics, tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_names_are_drawn_apart_and_in_the_given_order(metrics, tmp_path):
    given = {"supcon": metrics["1"], "hinge": metrics["2"]}
    draw_curve("model.losses.form", given, tmp_path / "one.svg")
    assert [t for t in texts(tmp_path / "one.svg") if t in given] == ["supcon", "hinge"]
