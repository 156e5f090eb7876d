"""The terminal that the commands print on."""

from rich.console import Console


def plain_console(*, highlight: bool = True) -> Console:
    """A console that shows every text as it is.

    Names of files, labels and settings may hold what rich reads as markup (``talk [final]``) or as a
    picture (``:joy:``): it would leave the first out and draw the second.
    """
    return Console(markup=False, emoji=False, highlight=highlight)
