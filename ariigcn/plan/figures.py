"""The figures of a run: each a kind, what it is of, and its file; plain, as rules' parameters are.

What a figure is of is an experiment, or a grid, or empty: the whole run.
"""

from typing import Any

from ariigcn.plan.files import METRICS
from ariigcn.plan.plan import Plan

Triple = tuple[str, str, str]


def drawn(plan: Plan) -> list[Triple]:
    """The figures of the whole run, and those of each experiment that gets its own."""
    alone = len(plan.experiments) == 1
    of_run = ["results", *([] if alone else ["comparisons"]), "missing"]
    of_one = ("confusion", "history", "discriminators", "reliability")
    return [(kind, "", plan.files.figure(f"{kind}.svg")) for kind in of_run] + [
        (kind, name, plan.files.figure(f"{name}.{kind}.svg"))
        for kind in of_one
        for name in plan.figured
    ]


def curves(plan: Plan) -> list[Triple]:
    """A figure of every grid over one key."""
    return [
        ("curves", name, plan.files.figure(f"{name}.curves.svg"))
        for name, grid in plan.grids.items()
        if len(grid.keys) == 1
    ]


def sweeps(plan: Plan) -> list[dict[str, Any]]:
    """What the figures of :func:`curves` show: a grid's key, each value's scores, and the figure."""
    return [
        {
            "key": plan.grids[name].keys[0],
            "values": [
                [labels[0], plan.runs(METRICS, cell)]
                for cell, labels in plan.grids[name].cells.items()
            ],
            "out": path,
        }
        for _, name, path in curves(plan)
    ]
