"""The small workflow, run once for all tests of all processes that share them, in a terminal."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from benchmarks.recorder import record
from tests.workflow.small import command, copy_workflow


@dataclass(frozen=True)
class Shown:
    """What a terminal showed of the run: every view while it lasted, and the end."""

    screens: list[str]
    end: str


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
            screens: list[str] = []
            recording = record(command("all"), folder, 100, 40, screens.append)
            assert recording.code == 0, recording.text
            done.write_text(json.dumps(asdict(Shown(screens, recording.text))))
    return folder


@pytest.fixture(scope="session")
def shown(made) -> Shown:
    """How that run looked."""
    return Shown(**json.loads(made.with_name("made.done").read_text()))


@pytest.fixture(scope="module")
def finished(made, tmp_path_factory) -> Path:
    """The same folder for one module, which may change it."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    shutil.copytree(made, folder)  # with the files' times
    return folder
