"""A job of several runs: in turn in one process, or side by side in processes of their own."""

import errno
import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from ariigcn.core.errors import DataError
from ariigcn.core.signals import StoppedError
from ariigcn.training.launch import LaunchError, train_all
from ariigcn.training.run import train
from tests.training.test_run import TRAINING, inputs, make_files, make_run, outcome

__all__ = ["inputs"]
WILD = {"clip_norm": 1e30}


@pytest.mark.parametrize(
    "at_once",
    [
        pytest.param(1, id="in turn"),
        # Needs no cluster; each process takes seconds to start, too long for every day's tests.
        pytest.param(2, id="side by side", marks=[pytest.mark.slurm, pytest.mark.timeout(300)]),
    ],
)
def test_one_run_that_fails_costs_the_others_nothing(inputs, tmp_path, caplog, at_once):
    def packed(learning_rates: tuple[float, ...]) -> list[tuple]:
        return [
            (
                make_run(inputs, seed, TRAINING.model_copy(update={"learning_rate": rate, **WILD})),
                make_files(tmp_path / "packed" / f"seed-{seed}"),
            )
            for seed, rate in enumerate(learning_rates)
        ]

    runs = packed((1e-2, 1e30, 1e-2))
    with caplog.at_level("INFO"), pytest.raises(LaunchError, match="seed 1 failed"):
        train_all(runs, at_once)
    assert "seed 1" in caplog.text
    assert "loss is nan" in caplog.text
    for seed in (0, 2):
        train(runs[seed][0], make_files(tmp_path / f"alone-{seed}"))
        assert outcome(tmp_path / "packed" / f"seed-{seed}") == outcome(tmp_path / f"alone-{seed}")
    # The workflow removes the outputs of a failed job.
    (tmp_path / "packed" / "seed-0" / "predictions.parquet").unlink()
    caplog.clear()
    with caplog.at_level("INFO"):
        train_all(packed((1e-2, 1e-3, 1e-2)), at_once)
    assert caplog.text.count("finished before") == 2
    assert outcome(tmp_path / "packed" / "seed-0") == outcome(tmp_path / "alone-0")
    assert not (tmp_path / "packed" / "seed-0" / ".checkpoints").exists()


def test_seeds_in_turn_are_kept_on_a_disk_without_links(inputs, tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    runs = [(make_run(inputs, seed), make_files(tmp_path / f"seed-{seed}")) for seed in range(2)]
    train_all(runs)
    for seed, (run, _) in enumerate(runs):
        train(run, make_files(tmp_path / f"alone-{seed}"))
        assert outcome(tmp_path / f"seed-{seed}") == outcome(tmp_path / f"alone-{seed}")


def test_what_every_seed_would_say_is_said_once(inputs, tmp_path, caplog):
    graph, stores = inputs
    swapped = (graph, {**stores, "text": stores["audio"]})
    runs = [(make_run(swapped, seed), make_files(tmp_path / f"seed-{seed}")) for seed in range(3)]
    with caplog.at_level("INFO"), pytest.raises(DataError, match="its modality is 'audio'"):
        train_all(runs)
    assert "seed 0" in caplog.text and "seed 1" not in caplog.text


def test_asked_to_stop_the_runs_in_turn_keep_what_is_finished(inputs, tmp_path, caplog):
    first, endless = make_run(inputs, 0), make_run(inputs, 1)
    patient = {"epochs": 1_000_000, "patience": 1_000_000}
    endless = replace(endless, training=TRAINING.model_copy(update=patient))
    files = [make_files(tmp_path / f"seed-{seed}") for seed in range(3)]

    def stop() -> None:
        while not list(files[1].checkpoints.glob("epoch-*")):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop, daemon=True).start()
    runs = list(zip((first, endless, make_run(inputs, 2)), files, strict=True))
    with pytest.raises(StoppedError, match="is kept"):
        train_all(runs)
    assert files[0].predictions.exists()
    assert not files[2].predictions.exists()
    with caplog.at_level("INFO"):
        train_all([runs[0], (make_run(inputs, 1), files[1]), runs[2]])
    assert caplog.text.count("finished before") == 1
    assert files[2].predictions.exists()
