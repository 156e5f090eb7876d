"""The page of two runs side by side and the documentation's site, in a real browser."""

import pytest

from ariigcn.report.compare.differences import compare
from ariigcn.report.compare.page import write_page
from ariigcn.report.compare.results import read_results
from tests.report.compare.finished import finished
from tests.site import build

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SCREENS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory):
    """A page of two made-up results."""
    folder = tmp_path_factory.mktemp("sides")
    sides = finished(folder / "a", 0.5), finished(folder / "b", 0.9, margin=0.7)
    found = compare(*map(read_results, sides))
    words = dict.fromkeys(found.changes["utterance_id"], "made-up words")
    write_page(found, folder / "compare.html", words)
    return folder / "compare.html"


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    return build(root, tmp_path_factory.mktemp("site"))


def seen(browser, page, scheme, width):
    """Open a page on a screen, unfolded."""
    browser.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    browser.size(width, 900)
    browser.open(page)
    browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_axe_finds_nothing_in_two_runs_side_by_side(browser, side_by_side, scheme, width):
    seen(browser, side_by_side, scheme, width)
    assert browser.violations() == []
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.requests() == [side_by_side.as_uri()]


@pytest.mark.parametrize(
    "name", ["index", "start", "method", "config", "results", "reference/python"]
)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_in_the_documentation(browser, site, name, scheme, width):
    seen(browser, site / f"{name}.html", scheme, width)
    assert browser.violations("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa") == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in browser.requests())
