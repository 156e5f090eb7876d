"""However the small workflow runs, in shards, in turn, killed: its files are the same bits."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.workflow.small import command, copy_workflow, planned, predictions, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(900)]


def ready_to_train(made: Path, root: Path, folder: Path) -> Path:
    """The workflow in a folder of its own, with corpus, features and graph of one that has run."""
    copy_workflow(root, folder)
    for built in ("data", "results/demo/features", "results/demo/graphs"):
        shutil.copytree(made / built, folder / built)
    return folder


def test_shards_give_the_bytes_of_one_job(made, tmp_path, root):
    folder = copy_workflow(root, tmp_path / "sharded")
    shutil.copytree(made / "data", folder / "data")
    store = "results/demo/features/audio.opensmile.h5"  # the rules of all modalities are one
    snakemake(folder, store, "--config", "features={shards: 3}")
    assert (folder / store).read_bytes() == (made / store).read_bytes()
    assert not list(folder.glob("results/demo/features/.shards/*/*.h5"))
    assert planned(folder, store, "--config", "features={shards: 3}") == set()


def test_runs_in_turn_are_one_job_an_experiment_with_the_same_bits(made, tmp_path, root):
    folder = ready_to_train(made, root, tmp_path / "in-turn")
    changes = ["--config", "seeds_in_turn=true", "seeds=[1,0]"]
    snakemake(folder, "models", *changes)
    log = (folder / "results" / "demo" / "logs" / "train.ar-iigcn.log").read_text()
    assert log.index("seed 1") < log.index("seed 0")
    assert len(predictions(folder)) == 2
    assert predictions(folder) == predictions(made)
    assert planned(folder, "models", *changes) == set()


def kill_when(folder: Path, pattern: str, target: str) -> None:
    """Start the workflow and SIGKILL its whole process group once a file of ``pattern`` exists."""
    process = subprocess.Popen(
        command(target), cwd=folder, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while not list(folder.glob(pattern)):
        assert process.poll() is None, "finished before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_killed_in_extraction_and_in_training_it_ends_with_the_same_bits(made, tmp_path, root):
    folder = ready_to_train(made, root, tmp_path / "killed")
    for extracted in folder.glob("results/demo/features/video*"):
        extracted.unlink()
    kill_when(folder, "results/demo/features/.video*.blocks/*.h5", "models")
    snakemake(folder, "--unlock")
    assert list(folder.glob("results/demo/features/.video*.blocks/*.h5"))
    kill_when(folder, "results/demo/ar-iigcn/.checkpoints/seed-0/epoch-00003*", "models")
    snakemake(folder, "--unlock")
    snakemake(folder, "models")
    log = (folder / "results" / "demo" / "logs" / "train.ar-iigcn.seed-0.log").read_text()
    assert "resuming from" in log
    assert predictions(folder) == predictions(made)
    assert len(predictions(folder)) == 2
