"""Whether a job on another machine sees the folders of the command that started it.

The command leaves a file with a random name in each folder, and tells its jobs the names through the
environment. A machine that has another disk under the same path would otherwise find nothing there, or
results of another day, and write where nobody looks.
"""

import json
import os
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path

VARIABLE = "ARIIGCN_MOUNTS"
MARK = ".mount"
WAIT_S = 10.0  # a network file system may take that long to show a new file


def mark_mounts(folders: Iterable[Path]) -> None:
    """Leave a mark in each folder, once for all, and tell it to the jobs that this process starts.

    A folder that others share, without a mark and not to be written to, is not told.
    """
    marks = {}
    for folder in folders:
        path = folder.resolve() / MARK
        with suppress(OSError):
            if not path.is_file():
                with atomic_path(path) as temporary:
                    temporary.write_text(uuid4().hex)
            marks[str(path)] = path.read_text()
    os.environ[VARIABLE] = json.dumps(marks)


def check_mounts() -> None:
    """Compare the marks here with those that the command told; nothing where it told none.

    Raises:
        DataError: this machine has another folder, or none, under the path.
    """
    for path, mark in json.loads(os.environ.get(VARIABLE, "{}")).items():
        if _found(Path(path)) != mark:
            raise DataError(
                f"{socket.gethostname()} does not see {Path(path).parent} of the machine that started the "
                "command: another disk is mounted there, or none. data_dir and results_dir must be on "
                "storage that all machines of the run mount under the same path (docs/slurm.md, "
                "Storage elsewhere)"
            )


def _found(path: Path) -> str:
    """What the mark says; empty where there is none, which is asked again for a while."""
    end = time.monotonic() + WAIT_S
    while True:
        try:
            return path.read_text()
        except OSError:
            if time.monotonic() > end:
                return ""
        time.sleep(0.5)
