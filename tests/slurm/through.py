"""The users' command through SLURM, and SLURM's own record of its jobs."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

OVERLAY = """
demo: {dialogues: 8}
features: {block: 2, shards: 2, video: {name: efficientnet-lite0, parameters: {frames: 2}}}
model: {hidden: 16}
training: {epochs: 80, patience: 80, checkpoint_s: 0}
seeds: [0, 1]
experiments: {text: null, audio: null, video: null}
"""
CHECKPOINTS = "results/demo/ar-iigcn/.checkpoints"


def through_slurm(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The users' command, looking at its jobs more often than on a cluster."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm"),
            *("--slurm-init-seconds-before-status-checks", "2", *arguments),
        ],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def through_slurm_with_overlay(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return through_slurm(folder, *arguments, "--configfile", "config.yaml", "small.yaml")


def jobs(folder: Path, comment: str) -> list[dict[str, str]]:
    """SLURM's own record of a rule's jobs in submission order, by the folder they work in.

    ``comment`` is how theirs begins: that of an array names whichever of its jobs came first.
    """
    shown = subprocess.run(
        ["scontrol", "show", "job"], capture_output=True, text=True, check=True
    ).stdout
    found = [dict(re.findall(r"(\S+?)=(\S*)", block)) for block in shown.split("\n\n")]
    mine = [
        j for j in found if j.get("WorkDir") == str(folder) and j["Comment"].startswith(comment)
    ]
    return sorted(mine, key=lambda job: int(job["JobId"]))


def wait_for(condition: Callable[[], object], command: subprocess.Popen[str], what: str) -> None:
    end = time.monotonic() + 400
    while not condition():
        assert command.poll() is None, f"ended before {what}:\n{command.communicate()[0]}"
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def scontrol(*arguments: str) -> None:
    subprocess.run(["scontrol", *arguments], check=True)


def script_of(job: dict[str, str], name: str) -> psutil.Process:
    """The process of a rule's script inside a job."""
    for process in psutil.process_iter(["cmdline"]):
        is_script = re.search(rf"scripts/\S+{name}$", " ".join(process.info["cmdline"] or ()))
        if is_script and process.environ().get("SLURM_JOB_ID") == job["JobId"]:
            return process
    raise AssertionError(f"no process of {name} in job {job['JobId']}")


def predictions(folder: Path) -> dict[str, bytes]:
    found = sorted(folder.glob("results/demo/ar-iigcn/seed-*/predictions.parquet"))
    return {path.parent.name: path.read_bytes() for path in found}
