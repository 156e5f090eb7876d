"""A session as an animated picture: every screen, the end longest, nothing loaded."""

import re
from xml.etree import ElementTree

import pytest
from rich.text import Text

from benchmarks.terminal_film import LAST_S, SHORTEST_S, film, screens_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def frames():
    """Twenty screens in a hundred seconds; their first line is the same."""
    return [
        (5.0 * n, [Text("$ run", style="bold"), Text(f"{n} & <more>", "red")]) for n in range(21)
    ]


def test_screens_keep_the_sessions_time_and_the_end_stays(frames):
    screens = screens_of(frames, seconds=10.0)
    assert [s for s, _ in screens[:-1]] == pytest.approx([0.5] * 20)
    assert screens[-1] == (LAST_S, frames[-1][1])


def test_screens_that_would_flicker_are_left_out_but_never_the_last(frames):
    screens = screens_of(frames, seconds=1.0)
    assert len(screens) <= 1 + 1.0 / SHORTEST_S
    assert screens[-1][1] == frames[-1][1]


def test_the_picture_is_whole_and_loads_nothing(frames):
    svg = film("A session", screens_of(frames, seconds=10.0), columns=20)
    tree = ElementTree.fromstring(svg)
    assert tree.find(f"{SVG}title").text == "A session"
    held = {g.get("id"): "".join(g.itertext()) for g in tree.find(f"{SVG}defs")}
    assert len(held) == 22  # the first line once
    shown = [
        [held[u.get("href")[1:]] for u in g]
        for g in tree.iter(f"{SVG}g")
        if "translate" in g.get("transform", "")
    ]
    assert shown == [["$ run", f"{n} & <more>"] for n in range(21)]
    assert len(re.findall(r"translateY", svg)) == 22  # a move a screen, and where it stands still
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "") and "<script" not in svg


def test_readmes_picture_is_such_a_film_and_light(root):
    path = root / "docs" / "pictures" / "terminal-session.svg"
    assert path.stat().st_size < 500_000
    text = path.read_text("utf-8")
    ElementTree.fromstring(text)
    assert "animation:play" in text and "The report: " in text
