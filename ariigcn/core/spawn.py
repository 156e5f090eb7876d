"""Processes that import this package and not the program that asks for them.

A spawned process runs the caller's main module again, by Python's own rule. A script or a notebook that
uses this package without ``if __name__ == "__main__":`` would then start itself again in every worker.
What our workers run lies in modules of this package, so that they need no main module.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Lock
from typing import Any

_LOCK = Lock()


class _Process(SpawnProcess):
    """A spawned process without the caller's main module."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - multiprocessing's name
        with _without_main():
            return SpawnProcess._Popen(process_obj)


class Context(SpawnContext):
    """How multiprocessing, and pools on top of it, start such processes."""

    Process = _Process


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide where the main module came from, which is what a spawned process is told of it."""
    main = vars(sys.modules["__main__"])
    with _LOCK:
        hidden: dict[str, Any] = {n: main.pop(n) for n in ("__file__", "__spec__") if n in main}
        main["__spec__"] = None
        try:
            yield
        finally:
            del main["__spec__"]
            main.update(hidden)
