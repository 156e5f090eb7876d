"""The workflow on a small corpus, in a folder of its own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from ariigcn.terminal.stages import TARGETS

OVERLAY = """
demo: {dialogues: 8}
features: {block: 8, video: {parameters: {frames: 2}}}
model: {hidden: 16}
training: {epochs: 8, patience: 8, checkpoint_s: 0}
seeds: [0]
experiments: {audio: null, video: null}
"""


def copy_workflow(root: Path, folder: Path) -> Path:
    """The workflow in a folder of its own, with a small overlay."""
    folder.mkdir()
    for name in ("workflow", "profiles", "envs"):
        shutil.copytree(root / name, folder / name)
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(root / name, folder / name)
    (folder / "small.yaml").write_text(OVERLAY)
    return folder


def command(*arguments: str) -> list[str]:
    files = ["--configfile", "config.yaml", "small.yaml"]
    return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, *files]


def snakemake(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def planned(folder: Path, *arguments: str) -> set[str]:
    """The rules that a dry run would run, target rules aside."""
    found = set(re.findall(r"^(?:local)?rule (\w+):", snakemake(folder, "-n", *arguments), re.M))
    return found - TARGETS


def predictions(folder: Path) -> dict[str, bytes]:
    found = sorted((folder / "results").glob("demo/*/seed-0/predictions.parquet"))
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}
