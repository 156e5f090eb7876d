"""What a search found, as a preset: the best settings of each experiment."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.core.settings import dotted, set_path
from ariigcn.core.storage import read_json


def write_tuned(
    trials: Mapping[str, Sequence[Path]], overrides: Mapping[str, Mapping[str, Any]], out: Path
) -> None:
    """Write the best settings as a preset to lay over the configuration.

    What was found for the main experiment, the first, goes into the shared sections, where its
    ablations inherit it; finding for another, or the main one sets itself, into its own.

    Args:
        trials: experiment -> its workers' files.
        overrides: experiment -> what it overrides; the first is the main one.
        out: YAML.

    Raises:
        DataError: an experiment has no trial that succeeded.
    """
    preset: dict[str, Any] = {}
    lines = ["# Made by `snakemake tune`; weighted F1 on validation, the test split was not read."]
    for experiment, files in trials.items():
        found = [t for path in files for t in read_json(path, "a worker's trials")["trials"]]
        scored = [trial for trial in found if trial["score"] is not None]
        if not scored:
            raise DataError(f"tune: no trial of {experiment} succeeded: {found[0]['error']}")
        best = min(scored, key=lambda trial: (-trial["score"], trial["number"]))
        before = [f"{t['score']:.4f} as configured, " for t in scored if t["configured"]][:1]
        lines.append(
            f"# {experiment}: {best['score']:.4f}, {''.join(before)}{len(scored)} of "
            f"{len(found)} trials"
        )
        own = dotted(overrides[experiment])
        for key, value in best["values"].items():
            shared = experiment == next(iter(overrides)) and key not in own
            place = preset if shared else _experiment_section(preset, experiment)
            set_path(place, key, value)
    shared_first = dict(sorted(preset.items(), key=lambda item: item[0] == "experiments"))
    text = "\n".join(lines) + "\n" + yaml.safe_dump(shared_first, sort_keys=False)
    with atomic_path(out) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _experiment_section(preset: dict[str, Any], experiment: str) -> dict[str, Any]:
    """An experiment's overrides in the preset; its name may hold dots."""
    section: dict[str, Any] = preset.setdefault("experiments", {}).setdefault(experiment, {})
    return section
