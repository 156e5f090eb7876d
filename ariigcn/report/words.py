"""Small words that the page's sentences share."""

from collections.abc import Sequence

CENT = "\N{NO-BREAK SPACE}%"


def joined(names: Sequence[str]) -> str:
    """``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def count(number: int, what: str) -> str:
    """``1 dialogue``, ``2 dialogues``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
