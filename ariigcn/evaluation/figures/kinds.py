"""Which figures there are: what each shows, of what, and its file. Light, so that the workflow can ask."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from ariigcn.core.settings import unknown_name


class Kind(StrEnum):
    """What a figure shows."""

    RESULTS = "results"
    COMPARISONS = "comparisons"
    MISSING = "missing"
    CONFUSION = "confusion"
    HISTORY = "history"
    DISCRIMINATORS = "discriminators"
    RELIABILITY = "reliability"
    CURVES = "curves"
    FINE_TUNING = "fine-tuning"

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise ValueError(unknown_name(str(value), [str(kind) for kind in cls], "kind of figure"))


OF_RUN = (Kind.RESULTS, Kind.COMPARISONS, Kind.MISSING)
OF_EXPERIMENT = (Kind.CONFUSION, Kind.HISTORY, Kind.DISCRIMINATORS, Kind.RELIABILITY)
OF_FEATURES = (Kind.FINE_TUNING,)  # of a modality whose encoder learned in the workflow
OF_GRID = (Kind.CURVES,)


def pdf_of(svg: Path) -> Path:
    """The PDF beside a figure's SVG file."""
    return svg.with_suffix(".pdf")


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        kind: what it shows.
        of: the experiment, the grid or the modality that it shows; empty for a figure of the whole run.
        path: its SVG file; :func:`pdf_of` names its PDF.

    Raises:
        ValueError: a figure of the whole run that says of what it is, or another one that does not.
    """

    kind: Kind
    of: str
    path: Path

    def __post_init__(self) -> None:
        whole = self.kind in OF_RUN
        if whole != (not self.of):
            wanted = "no experiment" if whole else "an experiment, a grid or a modality"
            raise ValueError(f"a figure of kind '{self.kind}' takes {wanted}, not '{self.of}'")

    @staticmethod
    def file_name(kind: Kind, of: str = "") -> str:
        """The name of a figure's file: ``results.svg``, ``<experiment>.confusion.svg``."""
        return f"{of}.{kind}.svg" if of else f"{kind}.svg"

    @classmethod
    def within(cls, folder: Path, kind: Kind, of: str = "") -> Self:
        """A figure whose file stands in ``folder`` under its own name."""
        return cls(kind, of, folder / cls.file_name(kind, of))

    @classmethod
    def from_strings(cls, kind: str, of: str, path: str) -> Self:
        """A figure from the plain strings that a rule's parameters hold.

        Raises:
            ValueError: no such kind; the message names the nearest one.
        """
        return cls(Kind(kind), of, Path(path))
