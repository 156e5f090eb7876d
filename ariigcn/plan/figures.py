"""The figures of a run as a rule's parameters hold them: kind, what it is of, file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ariigcn.evaluation.figures.kinds import (
    OF_EXPERIMENT,
    OF_FEATURES,
    OF_RUN,
    Figure,
    Kind,
    pdf_of,
)
from ariigcn.plan.plan import Plan

Strings = tuple[str, str, str]


def drawn(plan: Plan) -> list[Strings]:
    """The figures of the whole run, of the main features, and of each experiment that gets its own."""
    alone = len(plan.experiments) == 1
    of_run = [kind for kind in OF_RUN if not (alone and kind is Kind.COMPARISONS)]
    return [
        *(_strings(plan, kind, "") for kind in of_run),
        *(_strings(plan, k, m) for k in OF_FEATURES for m in plan.finetuned_encoders(plan.main)),
        *(_strings(plan, kind, name) for kind in OF_EXPERIMENT for name in plan.figured),
    ]


def curves(plan: Plan) -> list[Strings]:
    """A figure of every grid over one key."""
    return [
        _strings(plan, Kind.CURVES, name)
        for name, grid in plan.grids.items()
        if len(grid.keys) == 1
    ]


def curved(plan: Plan) -> list[str]:
    """The experiments that the figures of :func:`curves` show."""
    return [cell for _, name, _ in curves(plan) for cell in plan.grids[name].cells]


def written(figures: Sequence[Strings]) -> list[str]:
    """Every file of some figures: SVG for pages, PDF for LaTeX."""
    paths = [Path(path) for *_, path in figures]
    return [str(file) for path in paths for file in (path, pdf_of(path))]


def sweeps(plan: Plan) -> list[dict[str, Any]]:
    """What the figures of :func:`curves` show: a grid's key, each value's scores, and the figure."""
    return [
        {
            "key": plan.grids[name].keys[0],
            "values": [
                [labels[0], plan.runs("metrics.json", cell)]
                for cell, labels in plan.grids[name].cells.items()
            ],
            "out": path,
        }
        for _, name, path in curves(plan)
    ]


def _strings(plan: Plan, kind: Kind, of: str) -> Strings:
    figure = Figure.within(Path(plan.files.figure("")), kind, of)
    return str(kind), of, str(figure.path)
