"""Runs in processes of their own: how they stop, and what is left where one of them fails.

Needs no cluster; each process takes seconds to start, which is too long for every day's tests.
"""

import os
import re
import signal
import threading
import time
from dataclasses import replace

import pytest

from ariigcn.training.launch import LaunchError, train_all
from tests.training.test_distributed import run_on_two
from tests.training.test_run import inputs, make_files

__all__ = ["inputs"]
pytestmark = [pytest.mark.slurm, pytest.mark.timeout(300)]


def test_a_run_on_two_processes_stops_when_asked_and_goes_on(inputs, tmp_path, caplog):
    """Under torchrun; the signal reaches the process that started it."""
    run, files = run_on_two(tmp_path, checkpoint_s=0.0), make_files(tmp_path / "run")
    endless = run.training.model_copy(update={"epochs": 1_000_000, "patience": 1_000_000})

    def stop() -> None:
        while not list(files.checkpoints.glob("epoch-*")):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop, daemon=True).start()
    with caplog.at_level("INFO"), pytest.raises(LaunchError, match="kept"):
        train_all([(replace(run, training=endless), files)])
    assert re.search(r"stopped by SIGTERM; epoch \d+ is kept", caplog.text)
    assert not files.predictions.exists()
    train_all([(run, make_files(tmp_path / "whole"))])
    assert (tmp_path / "whole" / "predictions.parquet").exists()
    assert not (tmp_path / "whole" / ".checkpoints").exists()
