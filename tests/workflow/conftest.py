"""The small workflow, run once for all tests of all processes that share them."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests.workflow.small import copy_workflow, snakemake


@pytest.fixture(scope="session")
def made(root, tmp_path_factory) -> Path:
    """A folder in which the whole workflow has run once. Nobody changes it."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith(
        "popen-"
    ):  # pytest-xdist gives each process a folder beside the others'
        shared = shared.parent
    folder, done = shared / "made", shared / "made.done"
    with FileLock(shared / "made.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            copy_workflow(root, folder)
            snakemake(folder, "all")
            done.touch()
    return folder


@pytest.fixture(scope="module")
def finished(made, tmp_path_factory) -> Path:
    """The same folder for one module, which may change it."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    shutil.copytree(made, folder)  # with the files' times
    return folder
