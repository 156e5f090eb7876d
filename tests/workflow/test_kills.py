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
KILLS = 20
OVERLAY = """
demo: {dialogues: 8}
features: {video: {parameters: {frames: 2}}}
model: {hidden: 32}
training: {epochs: 80, patience: 80, checkpoint_s: 0}
seeds: [0]
experiments: {text: null, audio: null, video: null}
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


def times(folder: Path) -> tuple[float, float]:
    """Seconds from the start of an undisturbed training to its first checkpoint, and to its end."""
    began, first = time.monotonic(), 0.0
    process = start(folder)
    while process.poll() is None:
        if not first and checkpoints(folder):
            first = time.monotonic() - began
        time.sleep(0.02)
    assert process.returncode == 0
    assert first
    return first, time.monotonic() - began


def killed_after(folder: Path, seconds: float) -> bool:
    """Start the training and SIGKILL its process group; whether it was still running."""
    process = start(folder)
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
    # A second run: the first had more to do than to train.
    first, whole = times(prepared)
    drawn, kills, resumed, finished = random.Random(0), 0, 0, 0
    while kills < KILLS:
        shutil.rmtree(prepared / "results/demo/ar-iigcn", ignore_errors=True)
        running = True
        while running and kills < KILLS:
            # Most kills fall into the training itself: Snakemake and torch take longer to load.
            running = killed_after(prepared, drawn.uniform(0.9 * first, whole))
            kills += running
            resumed += bool(checkpoints(prepared))
        if running:
            snakemake(prepared, "models")
        finished += 1
        assert written(prepared) == undisturbed
    print(f"{kills} kills, {resumed} with a checkpoint to go on from, {finished} runs finished")
    assert resumed >= KILLS // 2
