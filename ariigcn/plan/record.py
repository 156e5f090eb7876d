"""What a results folder was made with, so that another configuration says what it would replace.

The record is written when a run starts (not by a dry run), beside the results. It names what deciding
keys of the corpus and of each experiment were; an experiment that the run does not need stays in it as it
was, as its results stay in the folder.

Snakemake has a record of its own, by file, in the working folder; where that lacks a file, it compares
times alone. There this record decides (``workflow/rules/known.smk``).
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ariigcn.config.sections import Config
from ariigcn.core.errors import DataError
from ariigcn.core.settings import dotted
from ariigcn.core.storage import read_json, write_json
from ariigcn.plan.corpus import options
from ariigcn.plan.plan import Plan

CHANGES = 3  # keys that are named; more are counted


def note(plan: Plan, trained: Collection[str]) -> None:
    """Write down what a run is about to make or holds as made.

    Args:
        plan: the run's.
        trained: the experiments whose models it needs.
    """
    path = Path(plan.files.configuration)
    needed = {name: own for name, own in _experiments(plan).items() if name in trained}
    experiments = {**_read(path).get("experiments", {}), **needed}
    write_json({"corpus": _corpus(plan.config), "experiments": experiments}, path)


def replaced(plan: Plan) -> list[str]:
    """What of the results on disk the plan would make again with other settings, in words."""
    files = plan.files
    found = [f"{name} ({changes})" for name, changes in changed(plan).items()]
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
        for folder, changes in other_tables(plan).items()
    ]
    return told


def changed(plan: Plan) -> dict[str, str]:
    """The experiments on disk that were made with other settings -> which, in words."""
    files = plan.files
    before = _read(Path(files.configuration)).get("experiments", {})
    found = {
        name: _changes(before.get(name), now)
        for name, now in _experiments(plan).items()
        if Path(files.experiment("", name)).is_dir()
    }
    return {name: changes for name, changes in found.items() if changes}


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
