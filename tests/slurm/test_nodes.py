"""Two nodes: one run over both, a node that dies, a node that mounts another disk."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.slurm.conftest import SCRIPT
from tests.slurm.through import (
    CHECKPOINTS,
    OVERLAY,
    jobs,
    predictions,
    scontrol,
    through_slurm_with_overlay,
    wait_for,
)
from tests.workflow.small import copy_workflow, snakemake

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(1500)]
FIRST, SECOND = "ariigcn1", "ariigcn2"
ON_TWO = OVERLAY.replace("{epochs: 80,", "{processes: 2, epochs: 30,").replace("[0, 1]", "[0]")


def with_features_of(undisturbed: Path, root: Path, folder: Path) -> Path:
    """A run's folder in which only training is left to do."""
    copy_workflow(root, folder)
    (folder / "small.yaml").write_text(ON_TWO)
    for name in ("data", "results", ".snakemake"):
        shutil.copytree(undisturbed / name, folder / name, symlinks=True)
    shutil.rmtree(folder / "results/demo/ar-iigcn")
    return folder


def test_one_run_on_two_nodes_started_by_srun_cancelled_and_resumed(
    cluster, undisturbed, root, tmp_path
):
    """Ends with the bits of two processes under torchrun on one machine."""
    local = with_features_of(undisturbed, root, tmp_path / "local")
    snakemake(local, "models")
    folder = with_features_of(undisturbed, root, tmp_path / "run")
    profile = folder / "profiles/slurm/profile.yaml"
    for line in ("mpi: srun", "tasks: 2", "tasks_per_gpu: 1"):
        assert f"    # {line} " in profile.read_text()
        profile.write_text(profile.read_text().replace(f"    # {line} ", f"    {line} "))
    profile.write_text(profile.read_text().replace("    mpi: srun", "    nodes: 2\n    mpi: srun"))
    command = through_slurm_with_overlay(folder, "models", "--retries", "0")
    checkpoint = f"{CHECKPOINTS}/seed-0/epoch-0000[2-9]*"
    wait_for(lambda: list(folder.glob(checkpoint)), command, "a checkpoint")
    (job,) = jobs(folder, "rule_train_wildcards_ar-iigcn_0")
    assert (job["NumTasks"], job["NumNodes"], job["TresPerJob"]) == ("2", "2", "gres:gpu:2")
    assert job["NodeList"] == "ariigcn[1-2]"
    subprocess.run(["scancel", job["JobId"]], check=True)
    output, _ = command.communicate(timeout=400)
    assert command.returncode != 0, output
    log = folder / "results/demo/logs/train.ar-iigcn.seed-0.log"
    assert re.search(r"stopped by SIGTERM; epoch \d+ is kept", log.read_text())
    command = through_slurm_with_overlay(folder, "models", "--retries", "0")
    output, _ = command.communicate(timeout=400)
    assert command.returncode == 0, output
    assert "starting srun --ntasks=2" in log.read_text()
    assert "resuming from" in log.read_text()
    assert predictions(folder) == predictions(local)


def processes(node: str) -> list[str]:
    """The ids of everything that runs on a node."""
    found = subprocess.run(
        ["ip", "netns", "pids", node], capture_output=True, text=True, check=True
    )
    return found.stdout.split()


@contextmanager
def dead(node: str, cluster: Path) -> Iterator[None]:
    """A node whose power is cut: its daemon and all steps are gone at once; it comes back at the end."""
    subprocess.run(["kill", "-9", *processes(node)], check=True)
    try:
        yield
    finally:
        subprocess.run([SCRIPT, "start", node, cluster], check=True)


def test_shards_are_on_both_nodes_and_one_that_dies_costs_its_jobs_a_retry(
    cluster, undisturbed, root, tmp_path
):
    folder = copy_workflow(root, tmp_path / "run")
    (folder / "small.yaml").write_text(OVERLAY)
    command = through_slurm_with_overlay(folder, "models")
    blocks = "results/demo/features/.shards/video.*/.*.blocks/0*.h5"
    comment = "rule_extract_video_wildcards_efficientnet-lite0_"
    wait_for(lambda: len(list(folder.glob(blocks))) >= 2, command, "blocks of video")
    shards = jobs(folder, comment)
    assert {job["NodeList"] for job in shards} == {FIRST, SECOND}
    (lost,) = [job for job in shards if job["NodeList"] == SECOND]
    with dead(SECOND, cluster):

        def again() -> dict[str, str]:
            return next(job for job in jobs(folder, comment) if job["JobId"] == lost["JobId"])

        wait_for(lambda: again()["Restarts"] == "1", command, "the queue")
        # SLURM waits two minutes before it starts a job again.
        task = f"{lost['ArrayJobId']}_{lost['ArrayTaskId']}"
        scontrol("update", f"JobId={task}", "StartTime=now")
        output, _ = command.communicate(timeout=900)
        assert command.returncode == 0, output
        assert (again()["NodeList"], again()["JobState"]) == (FIRST, "COMPLETED")
    assert predictions(folder) == predictions(undisturbed)


@contextmanager
def only_with_another_disk(node: str, other: str, folder: Path) -> Iterator[None]:
    """Jobs go to one node, which has an empty disk where others have ``folder``."""
    (daemon,) = subprocess.run(
        ["pgrep", "-f", f"slurmd -N {node} "], capture_output=True, text=True, check=True
    ).stdout.split()
    on_node = ["nsenter", "--mount", f"--target={daemon}"]
    subprocess.run([*on_node, "mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    scontrol("update", f"NodeName={other}", "State=drain", "Reason=test")
    try:
        yield
    finally:
        scontrol("update", f"NodeName={other}", "State=resume")
        subprocess.run([*on_node, "umount", folder], check=True)


def test_a_node_that_mounts_another_disk_is_told_in_words(cluster, undisturbed, root, tmp_path):
    folder = copy_workflow(root, tmp_path / "run")
    (folder / "small.yaml").write_text(OVERLAY)
    for name in ("data", "results"):
        shutil.copytree(undisturbed / name, folder / name, symlinks=True)
    with only_with_another_disk(SECOND, FIRST, folder / "results"):
        command = through_slurm_with_overlay(folder, "graphs", "--retries", "0", "-R", "graph")
        output, _ = command.communicate(timeout=400)
    assert command.returncode != 0
    logs = (folder / ".snakemake/slurm_logs").rglob("*.log")
    said = "".join(log.read_text() for log in logs)
    assert f"{SECOND} does not see {folder / 'results'} " in said, output + said
    command = through_slurm_with_overlay(folder, "graphs", "--retries", "0", "-R", "graph")
    output, _ = command.communicate(timeout=400)
    assert command.returncode == 0, output
