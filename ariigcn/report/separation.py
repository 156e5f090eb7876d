"""How well the representations are sorted by emotion, part by part: a table and a sentence."""

import math

from ariigcn.evaluation.inspection_file import STAGES, Inspection
from ariigcn.evaluation.tables.frames import NONE, decimal
from ariigcn.report.cells import Cell, Number, TableView

COLUMNS = {"silhouette": "Silhouette", "alignment": "Alignment", "uniformity": "Uniformity"}
DIFFERENCE = 0.05  # of a silhouette that is worth a word: ours


def separation_view(inspection: Inspection) -> TableView | None:
    """The measures of every stage; None where no emotion can be told from another."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (STAGES[stage], *(_number(measures[name]) for name in COLUMNS))
        for stage, measures in inspection.measures.items()
    )
    if not rows or all(math.isnan(m["silhouette"]) for m in inspection.measures.values()):
        return None
    return TableView("Separation of the emotions", ("Representations", *COLUMNS.values()), rows)


def separation_verdict(inspection: Inspection) -> str:
    """Whether the parts of the model sort the nodes by emotion; empty where nothing can be said."""
    found = [(s, m["silhouette"]) for s, m in inspection.measures.items()]
    if len(found) < 2 or any(math.isnan(value) for _, value in found):
        return ""
    (first, before), (last, after) = found[0], found[-1]
    told = (
        f"silhouette {decimal(before, 2)} {STAGES[first].lower()}, {decimal(after, 2)} "
        f"{STAGES[last].lower()}; 1 is perfect order, 0 is none"
    )
    if after > before + DIFFERENCE:
        return f"On held-out utterances the model sorts the nodes by emotion: {told}."
    if after < before - DIFFERENCE:
        return f"On held-out utterances the nodes are less sorted by emotion at the end: {told}."
    return f"On held-out utterances the order by emotion does not change: {told}."


def _number(value: float) -> Number:
    return Number(NONE if math.isnan(value) else decimal(value, 2))
