"""The terminal that the commands print on."""

import re
from typing import Any

from rich.console import Console
from rich.table import Column, Table

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed


def plain_console(*, highlight: bool = True) -> Console:
    """A console that shows every text as it is.

    Names of files, labels and settings may hold what rich reads as markup (``talk [final]``) or as a
    picture (``:joy:``): it would leave the first out and draw the second.
    """
    return Console(markup=False, emoji=False, highlight=highlight)


def folding_table(*headings: str, **options: Any) -> Table:
    """A table whose cells go on below where a word is longer than its column: rich cuts it by itself."""
    return Table(*(Column(heading, overflow="fold") for heading in headings), **options)


def harmless(foreign: str) -> str:
    """A foreign text, such as a transcript's, whose control characters tell the terminal nothing."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], foreign)
