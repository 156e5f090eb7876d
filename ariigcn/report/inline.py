"""An SVG file as a part of a page: its own ids, the page's colours and font, no outside references."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup

from ariigcn.core.errors import DataError
from ariigcn.core.seals import verify
from ariigcn.evaluation.figures.kinds import Figure, Kind
from ariigcn.evaluation.figures.style import FONT, NOTHING, PALETTE

KEPT = {"svg", "g", "path", "use", "defs", "clipPath", "text", "tspan", "rect", "circle", "line"}


@dataclass(frozen=True)
class InlineFigure:
    """A figure: ``svg`` is None where there was nothing to draw and the caption says why."""

    name: str
    caption: str
    svg: Markup | None
    identifier: str


def inline_figure(path: Path, name: str, identifier: str) -> InlineFigure:
    """Read a figure written by :mod:`ariigcn.evaluation`.

    Elements that do not draw (metadata, scripts, styles, links, images) are left out, and of the
    references only those to the figure's own parts remain.

    Args:
        path: the SVG file.
        name: what the page calls it.
        identifier: prefix of its ids, unique on the page; its caption is ``<identifier>-caption``.

    Raises:
        DataError: it cannot be read as an SVG figure.
    """
    try:
        root = ElementTree.parse(verify(path)).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise DataError(f"{path}: not an SVG figure ({error}); draw it again") from error
    caption = next((e.text or "" for e in root if _local(e.tag) == "title"), name)
    if caption.startswith(NOTHING):
        return InlineFigure(name, caption.removeprefix(NOTHING).capitalize(), None, identifier)
    _clean(root, identifier)
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{identifier}-caption"}
    return InlineFigure(name, caption, Markup(_themed(root)), identifier)


def figures_of(
    kind: Kind, figures: Sequence[Figure], best: str, title: str = ""
) -> list[InlineFigure]:
    """The figures of one kind, the best experiment's first, each named by what it is of.

    Args:
        kind: what the figures show.
        figures: figures of all kinds.
        best: the experiment to show first.
        title: the name of a figure of the whole run.
    """
    chosen = sorted((f for f in figures if f.kind == kind), key=lambda figure: figure.of != best)
    return [
        inline_figure(figure.path, figure.of or title, f"{kind}-{place}")
        for place, figure in enumerate(chosen)
    ]


def _clean(element: ElementTree.Element, identifier: str) -> None:
    """Keep what draws; names lose their namespace, which HTML knows by itself."""
    element.tag = _local(element.tag)
    element.tail = None if element.tag not in ("text", "tspan") else element.tail
    element.attrib = {
        _local(key): re.sub(r"(url\(#|^#)", rf"\g<1>{identifier}-", value)
        for key, value in element.attrib.items()
        if not _local(key).startswith("on")
        and (_local(key) != "href" or value.startswith("#"))
        and not re.search(r"url\((?!#)", value)
    }
    if "id" in element.attrib:
        element.attrib["id"] = f"{identifier}-{element.attrib['id']}"
    for child in list(element):
        if isinstance(child.tag, str) and _local(child.tag) in KEPT:
            _clean(child, identifier)
        else:
            element.remove(child)


def _themed(root: ElementTree.Element) -> str:
    """The palette's colours become the page's, so that they follow its light or dark."""
    markup = ElementTree.tostring(root, encoding="unicode")
    for name, color in PALETTE.items():
        markup = markup.replace(color, f"var(--figure-{name}, {color})")
    return markup.replace(f"'{FONT}'", "var(--sans)")


def _local(name: str) -> str:
    return name.rpartition("}")[2]
