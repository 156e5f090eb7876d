"""Tables and numbers as the page shows them, whatever they are of; nothing here knows about HTML."""

from dataclasses import dataclass

from ariigcn.evaluation.tables.frames import NONE, PLUS_MINUS, percent
from ariigcn.evaluation.tables.latex import signed, span


@dataclass(frozen=True)
class Number:
    """A number of a table and, beside it in a column of its own, its spread or share."""

    value: str
    beside: str = ""


Cell = str | Number


@dataclass(frozen=True)
class TableView:
    """A table: each row's first cell is its heading; ``marked`` rows stand out."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: tuple[int, ...] = ()

    @property
    def numeric(self) -> frozenset[int]:
        """Columns of numbers."""
        return frozenset(i for r in self.rows for i, c in enumerate(r) if isinstance(c, Number))

    @property
    def paired(self) -> frozenset[int]:
        """Columns where some number has something beside it: all keep its room."""
        cells = ((i, c) for row in self.rows for i, c in enumerate(row))
        return frozenset(i for i, c in cells if isinstance(c, Number) and c.beside)


def measured(mean: float, sd: float = float("nan")) -> Number:
    """A share as per cent with its spread over seeds."""
    value, _, spread = percent(mean, sd).partition(PLUS_MINUS)
    return Number(value or NONE, f"± {spread}" if spread else "")


def difference(value: float, low: float, high: float) -> Number:
    """A difference in points with its interval, all with their signs; a dash where there is none."""
    return Number(signed(value) or NONE, span(low, high, signs=True))
