"""What the site reads beyond Markdown: equations, and pages that are made from elsewhere."""

import re
from pathlib import Path
from xml.etree.ElementTree import Element

import latex2mathml.converter
import typer.main
from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from typer.cli import get_docs_for_click

from ariigcn.cli import app

ROOT = Path(__file__).resolve().parents[2]


def mathml(latex: str, display: str) -> str:
    """An equation as MathML, which browsers draw without a script or a font of ours."""
    return latex2mathml.converter.convert(latex, display=display)


def commands() -> str:
    """The help of every command as Markdown."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="ariigcn")
    return get_docs_for_click(obj=command, ctx=context, name="ariigcn", title="Commands")


def root_page(name: str) -> str:
    """A page of the repository's root, its links as docs/ has them."""
    return (ROOT / name).read_text("utf-8").replace("](docs/", "](")


class _Inline(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # noqa: N802
        return self.md.htmlStash.store(mathml(m.group(1), "inline")), m.start(0), m.end(0)


class _Block(BlockProcessor):
    def test(self, parent: Element, block: str) -> bool:
        return block.startswith("$$") and block.rstrip().endswith("$$")

    def run(self, parent: Element, blocks: list[str]) -> None:
        made = mathml(blocks.pop(0).strip().strip("$"), "block")
        paragraph = self.parser.md.htmlStash.store(f'<div class="equation">{made}</div>')
        self.parser.parseBlocks(parent, [paragraph])


class _Included(Preprocessor):
    """A comment ``<!-- the commands -->`` or ``<!-- the file NAME -->`` stands for that text."""

    def run(self, lines: list[str]) -> list[str]:
        made: list[str] = []
        for line in lines:
            file = re.fullmatch(r"<!-- the file (\S+) -->", line)
            text = root_page(file[1]) if file else commands() if line == "<!-- the commands -->" else line
            made += text.split("\n")
        return made


class SiteExtension(Extension):
    """``$`x_i`$`` within a line and ``$$ ... $$`` as a paragraph, as GitHub reads them; inclusions."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        # Before code spans (190), which would take the back quotes.
        md.inlinePatterns.register(_Inline(r"\$`([^`]+)`\$", md), "equation", 195)
        md.parser.blockprocessors.register(_Block(md.parser), "equation", 175)
        md.preprocessors.register(_Included(md), "included", 100)


def makeExtension() -> SiteExtension:  # noqa: N802
    """What Python-Markdown calls."""
    return SiteExtension()
