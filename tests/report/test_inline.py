import pytest

from ariigcn.core.errors import DataError
from ariigcn.evaluation.figures.style import NOTHING, PALETTE
from ariigcn.report.inline import inline_figure
from tests.sealing import seal_again

SVG = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="10pt" height="10pt" viewBox="0 0 10 10">
<title>{title}</title><metadata>x</metadata><style>* {{ fill: red }}</style>
<defs><path id="p" d="M 0 0"/><clipPath id="c"><rect width="1" height="1"/></clipPath></defs>
<g clip-path="url(#c)" onclick="alert(1)"><use xlink:href="#p" style="fill: {ink}"/></g>
<use xlink:href="https://example.org/a.svg#x"/><image href="https://example.org/a.png"/>
<script>alert(1)</script><text style="font: 9px 'DejaVu Sans'">a &lt;b&gt;</text></svg>"""


def figure(folder, title="What it shows."):
    path = folder / "a.svg"
    path.write_text(SVG.format(title=title, ink=PALETTE["ink"]))
    seal_again(path)
    return inline_figure(path, "A", "f1")


def test_ids_are_the_figures_own(tmp_path):
    svg = figure(tmp_path).svg
    assert 'id="f1-p"' in svg
    assert 'href="#f1-p"' in svg
    assert "url(#f1-c)" in svg


def test_nothing_foreign_remains(tmp_path):
    svg = figure(tmp_path).svg
    for foreign in ("http", "script", "onclick", "<style", "metadata", "image", "<title"):
        assert foreign not in svg


def test_the_pages_colours_and_font_take_over(tmp_path):
    svg = figure(tmp_path).svg
    assert f"var(--figure-ink, {PALETTE['ink']})" in svg
    assert "font: 9px var(--sans)" in svg


def test_text_stays_escaped(tmp_path):
    assert "a &lt;b&gt;" in figure(tmp_path).svg


def test_the_title_is_the_caption(tmp_path):
    drawn = figure(tmp_path)
    assert drawn.caption == "What it shows."
    assert 'aria-labelledby="f1-caption"' in drawn.svg


def test_a_figure_of_nothing_is_a_sentence(tmp_path):
    drawn = figure(tmp_path, NOTHING + "no epoch was recorded.")
    assert (drawn.svg, drawn.caption) == (None, "No epoch was recorded.")


def test_a_broken_file_is_an_error(tmp_path):
    (tmp_path / "a.svg").write_text("<svg>")
    seal_again(tmp_path / "a.svg")
    with pytest.raises(DataError, match="not an SVG figure"):
        inline_figure(tmp_path / "a.svg", "A", "f1")
