"""The documentation as a site: built strictly, whole, and without anything from the network."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from tests.site import build


class Page(HTMLParser):
    """What a test asks of a page: its anchors, its links, what it loads, its running text."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.loaded, self.texts, self._open = set(), [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if given.get("src") or (tag == "link" and given.get("rel") != "canonical"):
            self.loaded.append(given.get("src") or given.get("href") or "")
        if tag in ("p", "li", "pre"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data):
        if self._open and "pre" not in self._open:
            self.texts.append(data)


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """The folder of the built site, with its pages."""
    built = build(root, tmp_path_factory.mktemp("site"))
    pages = {p: Page(p.read_text("utf-8")) for p in built.rglob("*.html") if p.name != "404.html"}
    return built, pages


def test_every_page_is_in_the_navigation(root, site):
    built, pages = site
    named = set(re.findall(r"([\w/-]+)\.md$", yaml_nav(root), re.MULTILINE))
    assert {p.relative_to(built).with_suffix("").as_posix() for p in pages} == named
    for page in (root / "docs").rglob("*.md"):
        assert page.relative_to(root / "docs").with_suffix("").as_posix() in named


def yaml_nav(root):
    settings = yaml.safe_load((root / "mkdocs.yml").read_text("utf-8"))
    return yaml.safe_dump(settings["nav"])


def test_every_link_leads_somewhere(site):
    _, pages = site
    lost = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = there / "index.html" if there.is_dir() else there
            anchor = unquote(parts.fragment)
            if not there.is_file() or (
                anchor and there in pages and anchor not in pages[there].anchors
            ):
                lost.append(f"{path.name}: {link}")
    assert not lost, lost


def test_every_link_of_the_pages_beside_the_code_leads_somewhere(root, site):
    built, pages = site
    for page in (root / "README.md", root / "CONTRIBUTING.md"):
        for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            assert (root / parts.path).exists(), f"{page.name}: {link}"
            if parts.fragment:
                there = built / Path(parts.path).relative_to("docs").with_suffix(".html")
                assert parts.fragment in pages[there].anchors, f"{page.name}: {link}"


def test_every_page_that_the_code_names_exists(root):
    """Messages, comments and descriptions name pages as ``docs/config.md``."""
    places = [
        *(root / "ariigcn").rglob("*.py"),
        *(root / "workflow").rglob("*.*"),
        root / "Makefile",
    ]
    places += [*(root / "benchmarks").glob("*"), *(root / "profiles").rglob("*.yaml")]
    for place in (p for p in places if p.suffix in {".py", ".yaml", ".smk", ".json", ""}):
        if place.is_file():
            for named in re.findall(r"docs/[\w/-]+\.md", place.read_text("utf-8")):
                assert (root / named).is_file(), f"{place.name} names {named}"


def test_nothing_is_loaded_from_the_network(site):
    built, pages = site
    for path, page in pages.items():
        for address in page.loaded:
            assert not urlsplit(address).netloc, f"{path.name}: {address}"
            assert (path.parent / unquote(urlsplit(address).path)).exists(), (
                f"{path.name}: {address}"
            )
        assert "mermaid" not in path.read_text("utf-8")  # its program would be fetched
    assert "url(http" not in (built / "site" / "site.css").read_text()
    assert (built / "search.js").is_file()  # the index, for pages opened from a disk


def test_no_markdown_is_left_in_the_text(site):
    """Lists and tables need a blank line before them, and four spaces within a list."""
    _, pages = site
    left = [
        f"{path.name}: {text.strip()[:60]}"
        for path, page in pages.items()
        for text in page.texts
        if re.search(r"^\s*(- |\|.*\||```|#+ )", text, re.MULTILINE)
        or re.search(r"\]\(|\*\*\w|\$`", text)
    ]
    assert not left, left


def test_equations_are_drawn_without_a_script(site):
    _, pages = site
    (method,) = (path for path in pages if path.name == "method.html")
    assert method.read_text("utf-8").count("<math ") > 20


def test_what_is_within_a_list_stands_four_spaces_in(root):
    """GitHub reads two spaces as well, Python-Markdown does not."""
    for path in sorted((root / "docs").rglob("*.md")):
        text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
        found = re.findall(r"^ {1,3}[-|] .*|(?<=\n\n) {1,3}\S.*", text, re.MULTILINE)
        assert not found, f"{path.name}: {found}"
