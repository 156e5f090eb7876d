"""What is searched: which experiments, and over which keys."""

from collections.abc import Iterable
from copy import deepcopy

from ariigcn.core.settings import set_path, unknown_name
from ariigcn.models.registry import is_read, is_trained
from ariigcn.plan.experiments import resolve
from ariigcn.plan.plan import Plan
from ariigcn.training.config import TuneConfig, Values


def tuned(plan: Plan) -> tuple[str, ...]:
    """The experiments that are searched; where none is named, the first that is no grid's cell."""
    return plan.config.tune.experiments or tuple(written_out(plan))[:1]


def written_out(plan: Plan) -> list[str]:
    """The experiments that are no grid's cells."""
    cells = {cell for grid in plan.grids.values() for cell in grid.cells}
    return [name for name in plan.experiments if name not in cells]


def space(plan: Plan, name: str) -> dict[str, Values]:
    """What is searched for an experiment: the part of the space that its model reads.

    Raises:
        ValueError: a key is none of the experiment's, a value is impossible, or nothing is left.
    """
    known = written_out(plan)
    if name not in known:
        raise ValueError(f"tune.experiments: {unknown_name(name, known, 'experiment')}")
    model = plan.experiments[name].model.name
    found = {
        key: values
        for key, values in plan.config.tune.space.items()
        if (key.startswith("training.") and is_trained(model))
        or is_read(model, key.removeprefix("model."))
    }
    if not found:
        raise ValueError(
            f"tune: {name} reads no key of tune.space; add one that it reads, or "
            "remove it from tune.experiments"
        )
    for key, values in found.items():
        _check(plan, name, key, values.bounds)
    return found


def search(plan: Plan, name: str) -> TuneConfig:
    """The search of one experiment: its own space, and nothing of other experiments."""
    return plan.config.tune.model_copy(update={"space": space(plan, name), "experiments": ()})


def _check(plan: Plan, name: str, key: str, values: Iterable[object]) -> None:
    """Raise where an experiment cannot have one of the values."""
    for value in values:
        overrides = deepcopy(dict(plan.overrides[name]))
        set_path(overrides, key, value)
        try:
            resolve(plan.config, name, overrides)
        except ValueError as error:
            raise ValueError(f"tune.space.{key}: {error}") from None
