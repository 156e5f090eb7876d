"""What changes of the configuration would run again, by dry runs within one process.

    python -m tests.workflow.plans FOLDER < changes.json

Reads name -> nested keys, on top of config.yaml and small.yaml of a folder in which ``all`` has run, and
prints name -> the rules that would run. A process of its own, since Snakemake keeps its state in modules;
one for all, since its start is what a dry run takes longest for. ``tune``, which has not run, is held to
the parameters of its jobs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    RerunTrigger,
    ResourceSettings,
)
from snakemake_interface_common.exceptions import WorkflowError

FILES = [Path("config.yaml"), Path("small.yaml")]


def plans(folder: Path, changes: Mapping[str, Any]) -> dict[str, set[str]]:
    """The rules that would run after each change, target rules aside."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.workflow.plans", str(folder)],
        input=json.dumps(changes),
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: set(rules) for name, rules in json.loads(done.stdout).items()}


def _jobs(folder: Path, config: Mapping[str, Any], target: str) -> tuple[set[str], dict[str, str]]:
    """The rules that would run for a target, and every rule's parameters."""
    profile = yaml.safe_load((folder / "profiles" / "default" / "profile.yaml").read_text())
    triggers = RerunTrigger.parse_choices_set(profile["rerun-triggers"])
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        outer = api.workflow(
            resource_settings=ResourceSettings(cores=2),
            config_settings=ConfigSettings(config=config, configfiles=FILES),
            snakefile=folder / "Snakefile",
            workdir=folder,
        )
        outer.dag(DAGSettings(targets={target}, rerun_triggers=triggers))
        workflow = outer._workflow
        workflow._prepare_dag(forceall=False, ignore_incomplete=True, lock_warn_only=True)
        workflow._build_dag()
        needed = {job.rule.name for job in workflow.dag.needrun_jobs() if not job.rule.norun}
        told = {job.rule.name: repr(list(job.params.items())) for job in workflow.dag.jobs}
    return needed, told


def main() -> None:
    folder = Path(sys.argv[1])
    os.chdir(folder)
    _, before = _jobs(folder, {}, "tune")
    found = {}
    for name, config in json.load(sys.stdin).items():
        try:
            found[name], _ = _jobs(folder, config, "all")
        except WorkflowError as error:
            raise SystemExit(f"{name}: {error}") from None
        if "tune" in config:
            _, after = _jobs(folder, config, "tune")
            tuned = {rule for rule in ("tune_worker", "tuned") if before[rule] != after[rule]}
            found[name] |= tuned
    json.dump({name: sorted(rules) for name, rules in found.items()}, sys.stdout)


if __name__ == "__main__":
    main()
