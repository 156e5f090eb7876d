"""Words are explained where they stand, and their docs pages exist."""

import re

import pytest
from markupsafe import Markup

from ariigcn.report.glossary import TERMS, docs_address, linked


def test_the_first_mention_of_a_word_refers_to_its_entry():
    text = linked("Holm's correction, then Holm again, and weighted F1 over seeds.")
    assert text.count('href="#term-holm"') == 1
    assert '<a class="term" href="#term-holm">Holm&#39;s correction</a>' in text
    assert 'href="#term-weighted-f1"' in text and 'href="#term-seed"' in text


def test_what_is_no_markup_is_escaped_and_markup_keeps_its_tags():
    assert linked("<b>accuracy</b>").startswith("&lt;b&gt;<a class=")
    kept = linked(Markup('<code title="accuracy">accuracy</code> &amp; <a href="#x">ECE</a>'))
    assert kept.count('class="term"') == 1
    assert kept.startswith('<code title="accuracy"><a class="term"') and "&amp;" in kept


def test_a_word_within_another_is_no_word():
    assert "term" not in linked("inaccuracy, text-accuracy, probes-2, seedsman")


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.key)
def test_every_entry_has_a_place_in_the_docs(term, root):
    name, _, place = term.page.partition("#")
    text = (root / "docs" / name).read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    slugs = {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}
    assert not place or place in slugs
    assert term.says.endswith(".")


def test_a_page_outside_of_the_project_has_no_links_to_the_docs(root, tmp_path):
    assert docs_address(tmp_path / "report.html") == ""
    assert docs_address(root / "results" / "demo" / "report.html") == "../../docs/"
