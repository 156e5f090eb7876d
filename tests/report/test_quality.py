import re

import pytest

from ariigcn.core.storage import write_json
from ariigcn.report.glossary import PAPER
from ariigcn.report.page import write_report
from ariigcn.report.quality import quality_view
from tests.report.test_page import HOSTILE, Page
from tests.synthetic_runs import make_project

LENGTHS = {"unknown": 3, "least": 1, "median": 2.5, "most": 9, "edges": [0, 1, 2], "counts": [4, 5]}
PIXEL = "/9j/4AAQSkZJRg=="


def findings(faces=None, column="pitch"):
    audio = {
        "encoder": "net",
        "columns": 88,
        "status": {"ok": 30, "too short": 8, "failed": 2},
        "past_end": 3,
        "constant": [f"{column}{n}" for n in range(7)],
        "not_finite": 0,
        "least": -1234.5,
        "most": 0.5,
        "extremes": [{"column": column, "least": -1234.5, "median": 0, "most": 0.5, "beyond": 6.2}],
    }
    nothing = {
        "encoder": "net",
        "columns": 3,
        "status": {"missing": 40},
        "past_end": 0,
        "constant": [],
    }
    return {
        "corpus": "tiny",
        "utterances": 40,
        "labelled": 38,
        "durations_s": LENGTHS,
        "words": {"unknown": 40},
        "modalities": {"audio": audio, "video": {**nothing, "not_finite": 0, "extremes": []}},
        "face_frames": [
            {"speaker": None, "utterances": 9, "frames": 36, "with_face": 27},
            {"speaker": HOSTILE, "utterances": 9, "frames": 36, "with_face": 27},
        ],
        "faces": faces,
    }


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quality")
    project = make_project(folder)

    def written(found):
        write_json(found, folder / "quality.json")
        write_report(
            folder / "report.html",
            table=project.table, stores=project.stores, metrics=project.metrics, histories={}, figures=[],
            configuration="", provenance={}, quality=folder / "quality.json",
        )  # fmt: skip
        return (folder / "report.html").read_text(encoding="utf-8")

    return written


def test_what_was_found_stands_in_sentences_and_tables(tmp_path):
    path = tmp_path / "quality.json"
    write_json(findings(), path)
    view = quality_view(path)
    assert view.sentences == (
        "38 of 40 utterances are labelled; the others are context only.",
        "They are 1 to 9 s long, half of them 2.5 or less; 3 have no known duration.",
        "No utterance has a known text.",
        "In audio, 3 spans end after their files; the part that exists is used.",
        "Constant in audio, so without information: pitch0, pitch1, pitch2, pitch3, pitch4 and 2 more.",
    )
    masked, face_frames, columns, extremes = view.tables
    assert [cell.beside for cell in masked.rows[0][1:3]] == ["75.0 %", "25.0 %"]
    assert masked.rows[0][3] == "too short 8, failed 2"
    assert face_frames.rows[0][0] == "all speakers" and face_frames.rows[1][0] == HOSTILE
    assert face_frames.rows[0][3].value == "27" and face_frames.rows[0][3].beside == "75.0 %"
    assert [row[0] for row in columns.rows] == ["audio"]
    assert columns.rows[0][4].value == "\N{MINUS SIGN}1,234"
    assert extremes.rows[0][0] == "pitch"
    assert view.lengths is not None and "var(--figure-bar" in view.lengths.svg


def test_pictures_stand_in_the_page_itself_and_only_where_there_are_any(page):
    without = page(findings())
    assert "<img" not in without
    assert "There are no pictures" in without
    faces = [{"utterance": "u7", "note": "face in 1 of 4 frames", "jpeg": PIXEL}]
    parsed = Page(page(findings(faces)))
    (picture,) = parsed.all("img")
    assert picture["src"] == f"data:image/jpeg;base64,{PIXEL}"
    assert picture["alt"] == "Face crop of u7"
    assert parsed.open == []


def test_the_section_is_in_the_navigation_and_loads_nothing(page):
    html = page(findings())
    assert '<a href="#quality">Data quality</a>' in html
    assert not re.search(r"@import|url\((?!#)|https?://", html.replace(PAPER, ""))
    assert len(Page(html).all("caption")) == len(Page(html).all("table"))


def test_names_of_columns_are_escaped(page):
    html = page(findings(column=HOSTILE))
    assert "<img" not in html
    assert "&lt;img src=x" in html
