"""A SLURM of two nodes with two fake GPUs each, for the time of the tests."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from tests.slurm.through import OVERLAY
from tests.workflow.small import copy_workflow, snakemake

SCRIPT = Path(__file__).with_name("cluster.sh")
CONFIGURED = Path("/etc/slurm/slurm.conf")


def obstacle() -> str:
    """Why no cluster can be brought up here; empty where it can."""
    if not Path("/etc/debian_version").exists():
        return "the cluster is made of Debian's packages, and this is another system"
    if os.geteuid():
        return "SLURM's daemons need root"
    if CONFIGURED.exists():
        return f"this machine has a SLURM of its own ({CONFIGURED})"
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        return "the executor is not installed: pip install '.[slurm]'"
    return ""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Bring the cluster up and take it down again; skips where that is not possible."""
    if reason := obstacle():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("cluster")
    up = subprocess.run([SCRIPT, "up", folder], capture_output=True, text=True, check=False)
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        yield folder
    finally:
        subprocess.run([SCRIPT, "down", folder], check=True)


@pytest.fixture(scope="session")
def undisturbed(root, tmp_path_factory):
    """The folder of a local run without SLURM."""
    folder = copy_workflow(root, tmp_path_factory.mktemp("local") / "run")
    (folder / "small.yaml").write_text(OVERLAY)
    snakemake(folder, "models")
    return folder
