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
from ariigcn.training.run import train
from tests.training.test_distributed import run_on_two
from tests.training.test_run import TRAINING, inputs, make_files, make_run, outcome

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


def test_of_runs_side_by_side_one_that_fails_costs_the_others_nothing(inputs, tmp_path, caplog):
    def packed(name: str, learning_rates: tuple[float, ...]) -> list[tuple]:
        return [
            (
                make_run(inputs, seed, TRAINING.model_copy(update={"learning_rate": rate, **WILD})),
                make_files(tmp_path / name / f"seed-{seed}"),
            )
            for seed, rate in enumerate(learning_rates)
        ]

    runs = packed("packed", (1e-2, 1e30, 1e-2))
    with caplog.at_level("INFO"), pytest.raises(LaunchError, match="seed 1 failed"):
        train_all(runs, at_once=2)
    assert "seed 1: " in caplog.text
    for seed in (0, 2):
        train(runs[seed][0], make_files(tmp_path / f"alone-{seed}"))
        assert outcome(tmp_path / "packed" / f"seed-{seed}") == outcome(tmp_path / f"alone-{seed}")
    # The workflow removes the outputs of a failed job.
    (tmp_path / "packed" / "seed-0" / "predictions.parquet").unlink()
    caplog.clear()
    with caplog.at_level("INFO"):
        train_all(packed("packed", (1e-2, 1e-3, 1e-2)), at_once=3)
    assert caplog.text.count("finished before") == 2
    assert outcome(tmp_path / "packed" / "seed-0") == outcome(tmp_path / "alone-0")
    assert not (tmp_path / "packed" / "seed-0" / ".checkpoints").exists()


WILD = {"clip_norm": 1e30}
