"""The words that the page explains, where it uses them and at its end, and how to cite.

To explain another word, add an entry to ``templates/glossary.yaml``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup, escape

from ariigcn.core.code import PACKAGE_ROOT

TEMPLATES = Path(str(files("ariigcn.report"))) / "templates"
PAPER = "https://arxiv.org/abs/2312.16778"
TITLE = (
    "Adversarial Representation with Intra-Modal and Inter-Modal Graph Contrastive Learning for "
    "Multimodal Emotion Recognition"
)
CITATION = f"""@article{{shou2023ariigcn,
  title   = {{{TITLE}}},
  author  = {{Shou, Yuntao and Meng, Tao and Ai, Wei and Yin, Nan and Li, Keqin}},
  journal = {{arXiv preprint arXiv:2312.16778}},
  year    = {{2023}}
}}"""


@dataclass(frozen=True)
class Term:
    """A word of the glossary.

    Attributes:
        key: its entry is ``#term-<key>``.
        name: heading of the entry.
        written: how the page writes it; a capital first letter counts as well.
        says: what it means, for somebody who knows no statistics.
        page: file and place in ``docs/``.
    """

    key: str
    name: str
    written: tuple[str, ...]
    says: str
    page: str


def _terms() -> tuple[Term, ...]:
    read = yaml.safe_load((TEMPLATES / "glossary.yaml").read_text("utf-8"))
    return tuple(Term(**{**entry, "written": tuple(entry["written"])}) for entry in read)


TERMS = _terms()
_KEYS = {word.lower(): term.key for term in TERMS for word in term.written}
_WORDS = re.compile(
    r"(?<![\w-])(" + "|".join(map(re.escape, sorted(_KEYS, key=len, reverse=True))) + r")(?![\w-])",
    re.IGNORECASE,
)
_TAGS = re.compile(r"(<a\b.*?</a>|<[^>]*>)", re.DOTALL)


def linked(text: str | Markup) -> Markup:
    """A text whose first mention of each term refers to its entry; what is no markup is escaped."""
    seen: set[str] = set()
    # Nothing inside a tag or a link is a word of the text.
    parts = _TAGS.split(str(text)) if isinstance(text, Markup) else [text]
    done = []
    for place, part in enumerate(parts):
        safe = Markup if isinstance(text, Markup) else escape
        done += [Markup(part)] if place % 2 else _pieces(part, seen, safe)
    return Markup("").join(done)


def _pieces(text: str, seen: set[str], safe: Callable[[str], Markup]) -> list[Markup]:
    """A text without tags, its terms as links; ``seen`` are those that need none any more."""
    pieces = []
    for place, piece in enumerate(_WORDS.split(text)):  # every second one is a term
        key = _KEYS[piece.lower()] if place % 2 else ""
        if key and key not in seen:
            seen.add(key)
            link = '<a class="term" href="#term-{}">{}</a>'
            pieces.append(Markup(link).format(key, safe(piece)))
        else:
            pieces.append(safe(piece))
    return pieces


def glossary_context(out: Path) -> dict[str, Any]:
    """What the sections on words and on citing are filled with, on the page ``out``."""
    return {
        "glossary": TERMS,
        "paper": PAPER,
        "paper_title": TITLE,
        "citation": CITATION,
        "version": version("ariigcn"),
        "docs": docs_address(out),
    }


def docs_address(out: Path) -> str:
    """Where a page finds the documentation: relative to it within one project; else empty."""
    root = PACKAGE_ROOT.parent
    here = out.resolve().parent
    if not (root / "docs" / "report.md").is_file() or not here.is_relative_to(root):
        return ""
    return "../" * len(here.relative_to(root).parts) + "docs/"
