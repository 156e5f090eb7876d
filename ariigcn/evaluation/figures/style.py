"""What all figures share: colours, type, size, and how they are written.

A figure is about as wide as a column of a two-column paper, so that at ``width=\\columnwidth`` its type
is printed in about the size given here; the page and a phone show it whole. The same inputs give the
same bytes. Text stays text. Each figure's ``<title>`` is a sentence that says what it shows, numbers
included: the report prints it as the caption, a screen reader reads it. The colours of
:data:`PALETTE` are the only ones used, so that the report can exchange them for those of a dark page.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from ariigcn.core.files import atomic_path
from ariigcn.core.seals import sealed_path
from ariigcn.evaluation.figures.kinds import pdf_of

# Blue, vermilion and green after Okabe and Ito: told apart with any colour vision.
PALETTE = {
    "ink": "#1c2024",
    "muted": "#5c6570",
    "grid": "#dde1e6",
    "paper": "#fefefe",
    "cell": "#0b4f94",
    "bar": "#3b78b0",
    "text": "#0072b2",
    "audio": "#c65102",
    "video": "#00805d",
}
COLUMN = 3.35  # inches: 85 mm; columns of two-column templates measure 77 to 89 mm
SMALL = 7  # points: ticks, legends, numbers beside marks
FONT = "DejaVu Sans"  # ships with matplotlib, so layouts are the same on every machine
STYLE: dict[str, Any] = {
    "svg.hashsalt": "ariigcn",
    "svg.fonttype": "none",
    "font.family": FONT,
    "pdf.fonttype": 42,  # text that journals accept, and that can be selected
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.labelpad": 2,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "axes.titlelocation": "left",
    "axes.titlecolor": PALETTE["ink"],
    "axes.labelcolor": PALETTE["muted"],
    "axes.edgecolor": PALETTE["grid"],
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALETTE["grid"],
    "grid.linewidth": 0.6,
    "text.color": PALETTE["ink"],
    "text.parse_math": False,  # an emotion may be called $x$
    "xtick.color": PALETTE["grid"],
    "ytick.color": PALETTE["grid"],
    "xtick.labelcolor": PALETTE["muted"],
    "ytick.labelcolor": PALETTE["muted"],
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "figure.facecolor": PALETTE["paper"],
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "auto",
}
NOTHING = "Nothing to draw: "  # how the title of a figure without content begins


def style() -> AbstractContextManager[None]:
    """The context in which figures are drawn."""
    return mpl.rc_context(STYLE)  # type: ignore[arg-type]  # its keys are a closed set of literals


def save_nothing(out: Path, why: str) -> None:
    """Write a figure that says why there is none."""
    with style():
        figure = Figure(figsize=(COLUMN, 0.4))
        figure.text(0.01, 0.4, why.capitalize(), color=PALETTE["muted"])
        save(figure, out, NOTHING + why)


def save(figure: Figure, out: Path, title: str) -> None:
    """Write a figure as SVG and beside it as PDF, for LaTeX.

    Args:
        figure: what was drawn in :func:`style`.
        out: the SVG file, which the page reads; the PDF has its name.
        title: the sentence that says what it shows.
    """
    with atomic_path(pdf_of(out)) as temporary:
        undated = {"CreationDate": None, "Title": title}
        figure.savefig(temporary, format="pdf", metadata=undated, facecolor="none")
    figure.set_layout_engine("none")  # it stays as it was laid out for the first file
    with sealed_path(out) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None, "Title": title})
