"""Training killed at twenty random instants, over the real workflow: every run ends with the same bits."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.workflow.small import command, copy_workflow, snakemake

pytestmark = [pytest.mark.kills, pytest.mark.timeout(3600)]
KILLS, EPOCHS = 20, 80
OVERLAY = f"""
demo: {{dialogues: 8}}
features: {{video: {{parameters: {{frames: 2}}}}}}
model: {{hidden: 32}}
training: {{epochs: {EPOCHS}, patience: {EPOCHS}, checkpoint_s: 0}}
seeds: [0]
experiments: {{text: null, audio: null, video: null}}
"""
RUN = "results/demo/ar-iigcn/seed-0"


@pytest.fixture
def prepared(root, tmp_path):
    """A folder with features and graphs, nothing trained."""
    folder = copy_workflow(root, tmp_path / "run")
    (folder / "small.yaml").write_text(OVERLAY)
    snakemake(folder, "features", "graphs")
    return folder


def written(folder: Path) -> dict[str, bytes]:
    """A finished run's weights and predictions; its history holds seconds."""
    names = ("model/model.safetensors", "model/config.json", "predictions.parquet")
    return {name: (folder / RUN / name).read_bytes() for name in names}


def start(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the training in a process group of its own."""
    return subprocess.Popen(
        command("models"), cwd=folder, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def checkpoints(folder: Path) -> list[Path]:
    return list(folder.glob("results/demo/ar-iigcn/.checkpoints/*/epoch-*"))


def first_checkpoint(folder: Path) -> float:
    """Seconds from the start of an undisturbed training to its first checkpoint; it is trained then."""
    began, first = time.monotonic(), 0.0
    process = start(folder)
    while process.poll() is None:
        if not first and checkpoints(folder):
            first = time.monotonic() - began
        time.sleep(0.02)
    assert process.returncode == 0
    assert first
    return first


def newest(folder: Path) -> int:
    """The epoch of the newest checkpoint; 0: there is none."""
    return max((int(path.name[6:11]) for path in checkpoints(folder)), default=0)


def killed(folder: Path, epoch: int, seconds: float) -> bool:
    """Start the training and SIGKILL its process group, so long after it has come to an epoch.

    Returns whether it was still running.
    """
    process = start(folder)
    while process.poll() is None and newest(folder) < epoch:
        time.sleep(0.005)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        snakemake(folder, "--unlock")
        return True
    assert process.returncode == 0
    return False


def test_twenty_kills_change_no_bit(prepared):
    snakemake(prepared, "models")
    undisturbed = written(prepared)
    shutil.rmtree(prepared / "results/demo/ar-iigcn")
    first = first_checkpoint(prepared)
    drawn, kills, resumed, finished = random.Random(0), 0, 0, 0
    while kills < KILLS:
        shutil.rmtree(prepared / "results/demo/ar-iigcn", ignore_errors=True)
        running = True
        while running and kills < KILLS:
            # By epochs and not by the clock: how long Snakemake and torch load varies by more than
            # the training takes. One kill of five falls before the training's first epoch.
            epoch = (
                drawn.randint(min(newest(prepared) + 1, EPOCHS), EPOCHS)
                if drawn.random() < 0.8
                else 0
            )
            running = killed(prepared, epoch, drawn.uniform(0, 0.1 if epoch else first))
            kills += running
            resumed += running and bool(checkpoints(prepared))
        if running:
            snakemake(prepared, "models")
        finished += 1
        assert written(prepared) == undisturbed
    print(f"{kills} kills, {resumed} with a checkpoint to go on from, {finished} runs finished")
    assert resumed >= KILLS // 2
