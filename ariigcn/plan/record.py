"""What results were made with, so that another configuration says what it would replace.

A model says it in its own ``config.json``. Of the utterance table a record says it, which is written
beside the results when a run starts (not by a dry run).

Snakemake has a record of its own, by file, in the working folder; where that lacks a file, it compares
times alone. There these decide (``workflow/rules/known.smk``).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ariigcn.config.sections import Config
from ariigcn.core.errors import DataError
from ariigcn.core.settings import dotted
from ariigcn.core.storage import read_json, write_json
from ariigcn.models.encoders import comparable
from ariigcn.plan.corpus import options
from ariigcn.plan.plan import Plan

CHANGES = 3  # keys that are named; more are counted


def note(plan: Plan) -> None:
    """Write down the corpus's settings that a run is about to make its table with."""
    write_json({"corpus": _corpus(plan.config)}, Path(plan.files.configuration))


def replaced(plan: Plan, runs: Mapping[str, str], tables: Mapping[str, str]) -> list[str]:
    """What of the results on disk the plan would make again with other settings, in words.

    Args:
        plan: the run's.
        runs: of :func:`changed`.
        tables: of :func:`other_tables`.
    """
    files = plan.files
    found = [f"{name} ({changes})" for name, changes in runs.items()]
    told = []
    if found:
        told.append(
            f"{files.results} holds results of another configuration, which this run replaces: "
            f"{'; '.join(found[:CHANGES])}{_more(found)}. To keep both, give this run a folder of "
            "its own: --config run=NAME"
        )
    told += [
        f"{files.table}, which {folder} was made with, has other settings ({changes}); this run makes it "
        "again, and all runs of the corpus read it. To keep both: --config data_dir=DIR results_dir=DIR"
        for folder, changes in tables.items()
    ]
    return told


def changed(plan: Plan) -> dict[str, str]:
    """The experiments with a model on disk that was made with other settings -> which, in words."""
    found = {}
    for name, now in _experiments(plan).items():
        told = (_changes(_of_model(Path(run)), now) for run in plan.runs("model", name))
        if changes := next(filter(None, told), ""):
            found[name] = changes
    return found


def _of_model(folder: Path) -> dict[str, Any]:
    """What a model was made with, as far as it says so; empty where there is none."""
    head = _read(folder / "config.json")
    features = {m: comparable(own) for m, own in head.get("features", {}).items()}
    relative = {m: {"normalise": "none"} | head.get("normalise", {}).get(m, {}) for m in features}
    return head | {"features": {m: own | relative[m] for m, own in features.items()}}


def _experiments(plan: Plan) -> dict[str, Any]:
    """What decides each experiment that is trained: its sections, and of features what it reads."""
    return {
        name: experiment.deciding()
        | {"features": {m: e.deciding() for m, e in experiment.encoders.items()}}
        for name, experiment in plan.experiments.items()
        if plan.trained_as[name] == name
    }


def _corpus(config: Config) -> dict[str, Any]:
    """What decides the utterance table."""
    made = config.demo.deciding() if config.corpus == "demo" else options(config)
    return {config.corpus: made, "split": config.split.deciding()}


def other_tables(plan: Plan) -> dict[str, str]:
    """The results folders of the same corpus whose table had other settings -> which, in words."""
    files, found = plan.files, {}
    shared = Path(files.shared)
    pattern = f"{shared.name}*/{Path(files.configuration).name}"
    for path in sorted(shared.parent.glob(pattern)) if Path(files.table).exists() else ():
        changes = _changes(_read(path).get("corpus"), _corpus(plan.config))
        if changes and path.parent.name.partition(".")[0] == shared.name:
            found[str(path.parent)] = changes
    return found


def _read(path: Path) -> dict[str, Any]:
    """A record; empty where there is none, or where it is damaged."""
    try:
        found: dict[str, Any] = read_json(path, "a record of a run") if path.exists() else {}
    except DataError:
        return {}
    return found


def _changes(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> str:
    """The keys that are in both and differ, with both values; empty where none does.

    A key that one of them lacks is another release's, and no change of the user's.
    """
    old, new = dotted(before or {}), dotted(now)
    keys = [key for key in new if key in old and old[key] != new[key]]
    return ", ".join(f"{key}: {old[key]}, now {new[key]}" for key in keys[:CHANGES]) + _more(keys)


def _more(found: list[str]) -> str:
    return f" and {len(found) - CHANGES} more" if len(found) > CHANGES else ""
