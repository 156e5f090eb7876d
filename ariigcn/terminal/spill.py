"""Where jobs print: a file, so that their lines do not run through the view.

A job has its log. What it prints beside it, and what a library below it prints, went to the terminal
of all jobs; there it stands in no order and breaks the view. Processes inherit a number, not a name:
the number of standard error is pointed at a file while the workflow runs.
"""

import os
import sys
from pathlib import Path
from typing import TextIO

STDERR = 2


class Spill:
    """Standard error of this process and of its jobs goes into a file until it is closed.

    Args:
        path: the file, which is begun anew.

    Attributes:
        terminal: standard error as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        sys.stderr.flush()
        self._kept = os.dup(STDERR)
        self.terminal: TextIO = os.fdopen(os.dup(STDERR), "w", encoding="utf-8", errors="replace")
        with open(path, "wb") as stream:
            os.dup2(stream.fileno(), STDERR)

    def close(self) -> None:
        """Standard error is again what it was; a second call does nothing."""
        if self._kept < 0:
            return
        sys.stderr.flush()
        os.dup2(self._kept, STDERR)
        os.close(self._kept)
        self._kept = -1
        self.terminal.close()
