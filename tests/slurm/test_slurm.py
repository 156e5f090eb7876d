"""The workflow through a real SLURM: what jobs ask for, and what survives a cancelled job."""

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.workflow.small import copy_workflow, snakemake

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(1500)]
OVERLAY = """
demo: {dialogues: 8}
features: {block: 2, shards: 2, video: {name: efficientnet-lite0, parameters: {frames: 2}}}
model: {hidden: 16}
training: {epochs: 80, patience: 80, checkpoint_s: 0}
seeds: [0, 1]
experiments: {text: null, audio: null, video: null}
"""
CHECKPOINTS = "results/demo/ar-iigcn/.checkpoints"


def through_slurm(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The users' command, looking at its jobs more often than on a cluster."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm"),
            *("--slurm-init-seconds-before-status-checks", "2", *arguments),
        ],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def through_slurm_with_overlay(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return through_slurm(folder, *arguments, "--configfile", "config.yaml", "small.yaml")


def jobs(folder: Path, comment: str) -> list[dict[str, str]]:
    """SLURM's own record of a rule's jobs in submission order, by the folder they work in.

    ``comment`` is how theirs begins: that of an array names whichever of its jobs came first.
    """
    shown = subprocess.run(
        ["scontrol", "show", "job"], capture_output=True, text=True, check=True
    ).stdout
    found = [dict(re.findall(r"(\S+?)=(\S*)", block)) for block in shown.split("\n\n")]
    mine = [
        j for j in found if j.get("WorkDir") == str(folder) and j["Comment"].startswith(comment)
    ]
    return sorted(mine, key=lambda job: int(job["JobId"]))


def wait_for(condition: Callable[[], object], command: subprocess.Popen[str], what: str) -> None:
    end = time.monotonic() + 400
    while not condition():
        assert command.poll() is None, f"ended before {what}:\n{command.communicate()[0]}"
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def scontrol(*arguments: str) -> None:
    subprocess.run(["scontrol", *arguments], check=True)


def script_of(job: dict[str, str], name: str) -> psutil.Process:
    """The process of a rule's script inside a job."""
    for process in psutil.process_iter(["cmdline"]):
        is_script = re.search(rf"scripts/\S+{name}$", " ".join(process.info["cmdline"] or ()))
        if is_script and process.environ().get("SLURM_JOB_ID") == job["JobId"]:
            return process
    raise AssertionError(f"no process of {name} in job {job['JobId']}")


def predictions(folder: Path) -> dict[str, bytes]:
    found = sorted(folder.glob("results/demo/ar-iigcn/seed-*/predictions.parquet"))
    return {path.parent.name: path.read_bytes() for path in found}


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


@pytest.fixture(scope="module")
def undisturbed(root, tmp_path_factory):
    """The folder of a local run without SLURM."""
    folder = copy_workflow(root, tmp_path_factory.mktemp("local") / "run")
    (folder / "small.yaml").write_text(OVERLAY)
    snakemake(folder, "models")
    return folder


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


ON_TWO = OVERLAY.replace("{epochs: 80,", "{processes: 2, epochs: 30,").replace("[0, 1]", "[0]")


def with_features_of(undisturbed: Path, root: Path, folder: Path) -> Path:
    """A run's folder in which only training is left to do."""
    copy_workflow(root, folder)
    (folder / "small.yaml").write_text(ON_TWO)
    for name in ("data", "results", ".snakemake"):
        shutil.copytree(undisturbed / name, folder / name, symlinks=True)
    shutil.rmtree(folder / "results/demo/ar-iigcn")
    return folder


def test_one_run_on_two_processes_started_by_srun_cancelled_and_resumed(
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
    command = through_slurm_with_overlay(folder, "models", "--retries", "0")
    checkpoint = f"{CHECKPOINTS}/seed-0/epoch-0000[2-9]*"
    wait_for(lambda: list(folder.glob(checkpoint)), command, "a checkpoint")
    (job,) = jobs(folder, "rule_train_wildcards_ar-iigcn_0")
    assert (job["NumTasks"], job["TresPerJob"]) == ("2", "gres:gpu:2")
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
