from ariigcn.evaluation.figures.lengths import draw_lengths
from ariigcn.evaluation.figures.style import NOTHING
from tests.evaluation.figures.test_draw import texts, title

KNOWN = {"edges": [0, 1, 2], "counts": [4, 5]}
UNKNOWN = {"unknown": 9}


def test_each_known_length_has_its_panel(tmp_path):
    out = tmp_path / "a.svg"
    draw_lengths({"durations_s": KNOWN, "words": KNOWN}, out)
    assert {"Duration (s)", "Words"} <= texts(out)
    draw_lengths({"durations_s": UNKNOWN, "words": KNOWN}, out)
    assert "Duration (s)" not in texts(out)


def test_without_a_known_length_the_figure_says_so(tmp_path):
    draw_lengths({"durations_s": UNKNOWN, "words": UNKNOWN}, tmp_path / "a.svg")
    assert title(tmp_path / "a.svg") == f"{NOTHING}no utterance has a known duration or text."
