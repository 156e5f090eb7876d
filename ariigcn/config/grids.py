"""Experiments as they are written, to experiments as they are run: grids become cells.

    margin: {grid: {model.losses.margin: [0.3, 0.5]}}           # margin.0.3, margin.0.5
    window: {grid: {graph.past = graph.future: [2, 5]}}         # both keys take each value
    text: {grid: {features.text.name: {small: a, large: b}}}    # text.small, text.large
    modalities: {grid: {model.modalities: subsets}}             # every subset of the shared ones

Several keys under one grid are crossed. What stands beside ``grid`` holds for all its cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from ariigcn.core.settings import set_path

GRID = "grid"
SUBSETS = "subsets"


@dataclass(frozen=True)
class Grid:
    """A grid as it was expanded.

    Args:
        keys: the configuration's keys that vary, as they were written.
        cells: experiment -> its values' labels, one a key.
    """

    keys: tuple[str, ...]
    cells: dict[str, tuple[str, ...]]


def expand(
    experiments: Mapping[str, Any], modalities: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Grid]]:
    """Every experiment by name with its overrides, grids replaced by their cells; and the grids.

    Args:
        experiments: as written.
        modalities: those that ``subsets`` means.

    Raises:
        ValueError: a grid is not of the forms above, or a cell's name is another's.
    """
    cells: dict[str, Any] = {}
    grids: dict[str, Grid] = {}
    for name, overrides in experiments.items():
        found: dict[str, Any] = {name: overrides}
        if isinstance(overrides, Mapping) and GRID in overrides:
            axes = _axes(f"experiments.{name}.{GRID}", overrides[GRID], modalities)
            beside = {key: value for key, value in overrides.items() if key != GRID}
            grids[name], found = _cells(str(name), axes, beside)
        for cell in found:
            if cell in cells:
                raise ValueError(f"experiments: two of them are called '{cell}'; rename one")
        cells |= found
    return cells, grids


def _axes(where: str, grid: Any, modalities: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Key -> label -> value."""
    if not isinstance(grid, Mapping) or not grid:
        raise ValueError(
            f"{where}: needs keys and their values, such as {{model.hidden: [64, 128]}}"
        )
    axes = {}
    for key, given in grid.items():
        values = given
        if given == SUBSETS and str(key) == "model.modalities":
            values = [
                list(subset)
                for size in range(1, len(modalities) + 1)
                for subset in combinations(modalities, size)
            ]
        if isinstance(values, Mapping):
            axes[str(key)] = {str(label): value for label, value in values.items()}
        elif isinstance(values, list | tuple) and values:
            axes[str(key)] = {_label(value): value for value in values}
            if len(axes[str(key)]) < len(values):
                raise ValueError(f"{where}: {key} names a value twice")
        else:
            raise ValueError(
                f"{where}: {key} needs a list of values, or a mapping of names to values "
                f"(got {given!r})"
            )
    return axes


def _label(value: Any) -> str:
    """A value as part of an experiment's name."""
    if isinstance(value, list | tuple):
        return "-".join(map(_label, value))
    return "none" if value is None else str(value).lower().replace("_", "-")


def _cells(
    name: str, axes: Mapping[str, Mapping[str, Any]], beside: Mapping[str, Any]
) -> tuple[Grid, dict[str, Any]]:
    labels, overrides = {}, {}
    for choice in product(*(axis.items() for axis in axes.values())):
        cell = ".".join([name, *(label for label, _ in choice)])
        labels[cell] = tuple(label for label, _ in choice)
        tree = _copy(beside)
        for key, (_, value) in zip(axes, choice, strict=True):
            for path in key.split("="):
                set_path(tree, path.strip(), value)
        overrides[cell] = tree
    return Grid(tuple(axes), labels), overrides


def _copy(tree: Any) -> Any:
    return {key: _copy(value) for key, value in tree.items()} if isinstance(tree, Mapping) else tree
