"""The workflow through a real SLURM: what jobs ask for, and what survives a cancelled job."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.slurm.through import (
    CHECKPOINTS,
    OVERLAY,
    jobs,
    predictions,
    scontrol,
    script_of,
    through_slurm,
    through_slurm_with_overlay,
    wait_for,
)
from tests.workflow.small import copy_workflow, snakemake

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(1500)]
RETRIED = """
rule train:
    output: "seen.txt"
    resources: gpu=1
    threads: 3
    shell: "test {resources.mem_mb} -ge 16000 && echo gpu $CUDA_VISIBLE_DEVICES > {output}"
"""


def test_a_job_asks_for_what_the_profile_says_and_comes_again_with_more_memory(
    cluster, root, tmp_path
):
    (tmp_path / "Snakefile").write_text(RETRIED)
    shutil.copytree(root / "profiles", tmp_path / "profiles")
    profile = tmp_path / "profiles/slurm/profile.yaml"
    edited = profile.read_text().replace("# gpu_model: a100", "gpu_model: fake")
    profile.write_text(edited)
    command = through_slurm(tmp_path, "train")
    output, _ = command.communicate(timeout=200)
    assert command.returncode == 0, output
    first, second = jobs(tmp_path, "rule_train")
    assert (first["JobState"], second["JobState"]) == ("FAILED", "COMPLETED")
    assert (first["MinMemoryNode"], second["MinMemoryNode"]) == ("8000M", "16000M")
    assert (first["TimeLimit"], second["TimeLimit"]) == ("04:00:00", "08:00:00")
    assert first["Partition"] == "gpu"
    assert first["CPUs/Task"] == "3"
    assert first["TresPerJob"] == "gres:gpu:fake:1"
    assert first["Requeue"] == "1"
    assert re.fullmatch(r"gpu [01]\n", (tmp_path / "seen.txt").read_text())


def cancel_in_extraction(folder: Path) -> None:
    """The same command later goes on from the blocks that are kept."""
    command = through_slurm_with_overlay(folder, "all", "--retries", "0")
    blocks = "results/demo/features/.shards/video.*/.*.blocks/0*.h5"
    wait_for(lambda: list(folder.glob(blocks)), command, "a block of video")
    first, second = jobs(folder, "rule_extract_video_wildcards_efficientnet-lite0_")
    assert first["ArrayJobId"] == second["ArrayJobId"]
    subprocess.run(["scancel", first["ArrayJobId"]], check=True)
    output, _ = command.communicate(timeout=400)
    assert command.returncode != 0, output
    assert (first["Partition"], first["CPUs/Task"]) == ("cpu", "8")
    # The executor adds a megabyte for the list of the array's commands.
    assert (first["MinMemoryNode"], first["TimeLimit"]) == ("8001M", "08:00:00")
    assert list(folder.glob(blocks)), "finished blocks are kept"
    assert not list(folder.glob("results/demo/features/video.*.h5"))
    logs = folder.glob("results/demo/logs/extract_video.efficientnet-lite0.*.log")
    said = "".join(log.read_text() for log in logs)
    assert "finished blocks are kept" in said
    assert "decoder crashed" not in said


def cancel_one_training_and_let_the_other_run_out_of_time(folder: Path) -> None:
    """Both end within seconds of SIGTERM and keep the epoch they were in."""
    command = through_slurm_with_overlay(folder, "all", "--retries", "0")
    trains = {}
    for seed in (0, 1):
        pattern = f"{CHECKPOINTS}/seed-{seed}/epoch-*"
        wait_for(lambda p=pattern: list(folder.glob(p)), command, f"a checkpoint of seed {seed}")
        (trains[seed],) = jobs(folder, f"rule_train_wildcards_ar-iigcn_{seed}")
        process = script_of(trains[seed], "train.py")
        assert process.environ()["CUDA_VISIBLE_DEVICES"] in ("0", "1")
        # Hung, as on a stalled file system; SLURM wakes a process before it signals it.
        process.send_signal(signal.SIGSTOP)
    subprocess.run(["scancel", trains[0]["JobId"]], check=True)
    scontrol("update", f"JobId={trains[1]['JobId']}", "TimeLimit=1")
    output, _ = command.communicate(timeout=400)
    assert command.returncode != 0, output
    for seed in (0, 1):
        log = (folder / f"results/demo/logs/train.ar-iigcn.seed-{seed}.log").read_text()
        assert re.search(r"stopped by SIGTERM; epoch \d+ is kept", log)
        assert len(list((folder / CHECKPOINTS / f"seed-{seed}").glob("epoch-*"))) <= 2


def preempt_once_and_finish(folder: Path) -> None:
    """SLURM puts the preempted job back into the queue under the same number."""
    command = through_slurm_with_overlay(folder, "all")
    wait_for(lambda: list(folder.glob(f"{CHECKPOINTS}/seed-0/epoch-0002*")), command, "epoch 20")
    job = jobs(folder, "rule_train_wildcards_ar-iigcn_0")[-1]
    scontrol("requeue", job["JobId"])
    wait_for(
        lambda: jobs(folder, job["Comment"])[-1]["JobState"] == "PENDING", command, "the queue"
    )
    # SLURM waits two minutes before it starts a job again.
    scontrol("update", f"JobId={job['JobId']}", "StartTime=now")
    output, _ = command.communicate(timeout=600)
    assert command.returncode == 0, output
    last = jobs(folder, job["Comment"])[-1]
    assert (last["JobId"], last["Restarts"], last["JobState"]) == (job["JobId"], "1", "COMPLETED")


def test_cancelled_out_of_time_and_preempted_it_ends_with_the_same_bits(
    cluster, undisturbed, root, tmp_path
):
    folder = copy_workflow(root, tmp_path / "run")
    (folder / "small.yaml").write_text(OVERLAY)
    cancel_in_extraction(folder)
    cancel_one_training_and_let_the_other_run_out_of_time(folder)
    preempt_once_and_finish(folder)
    for seed in (0, 1):
        log = (folder / f"results/demo/logs/train.ar-iigcn.seed-{seed}.log").read_text()
        assert "resuming from" in log
    assert predictions(folder) == predictions(undisturbed)
    assert set(predictions(folder)) == {"seed-0", "seed-1"}
    assert (folder / "results/demo/report.html").exists()


def test_recordings_are_predicted_by_jobs_with_the_rows_of_one_machine(cluster, root, tmp_path):
    talks = tmp_path / "talks"
    talks.mkdir()
    for number in range(4):
        cue = "1\n00:00:00,000 --> 00:00:01,000\nAnn: "
        (talks / f"{number}.srt").write_text(f"{cue}I got job {number}!\n")
    (talks / "broken.srt").write_text("1\nnothing\n")
    rows = "results/folder/predictions/meld-text/predictions.parquet"
    asked = ("predictions", "--config", "model=meld-text", "corpus=folder", f"corpus_root={talks}")
    here = copy_workflow(root, tmp_path / "here")
    (here / "small.yaml").write_text("features: {shards: 2}\n")
    snakemake(here, *asked)
    folder = copy_workflow(root, tmp_path / "jobs")
    (folder / "small.yaml").write_text("features: {shards: 2}\n")
    output, _ = through_slurm_with_overlay(folder, *asked).communicate(timeout=800)
    assert (folder / rows).is_file(), output
    assert len(jobs(folder, "rule_predict")) == 1
    assert len(jobs(folder, "rule_extract_text")) == 2
    assert (folder / rows).read_bytes() == (here / rows).read_bytes()
