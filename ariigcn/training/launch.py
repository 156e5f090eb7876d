"""A job's runs: one on several processes, several side by side on one GPU, or several in turn.

A run on several processes is started by ``torchrun`` on one machine, or by a scheduler's launcher
(``srun``), one task a process, on all nodes of a job. They meet over NCCL on GPUs and Gloo on CPUs.

Runs that share a job also share its fate: one that fails fails the job, whose outputs the workflow
then removes. What has finished is therefore kept beside the checkpoints, as links where the disk has
them, until all have.
"""

import logging
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

import torch
from pydantic import TypeAdapter
from torch import distributed

from ariigcn.core.errors import AriigcnError
from ariigcn.core.files import atomic_path, link_file, remove
from ariigcn.core.logs import configure_logging
from ariigcn.core.mounts import check_mounts
from ariigcn.core.signals import StopRequest
from ariigcn.training.diagnostics import DivergedError
from ariigcn.training.run import Run, RunFiles, train

# What SLURM calls what torchrun tells its processes.
SLURM_NAMES = {"RANK": "SLURM_PROCID", "WORLD_SIZE": "SLURM_NTASKS", "LOCAL_RANK": "SLURM_LOCALID"}
ORDER = TypeAdapter(tuple[Run, RunFiles])
# By name: where this module is the program, its __name__ is "__main__".
logger = logging.getLogger("ariigcn.training.launch")


class LaunchError(AriigcnError):
    """A process of a run ended with an error; the lines above tell which."""


def train_all(runs: Sequence[tuple[Run, RunFiles]], at_once: int = 1, launcher: str = "") -> None:
    """Train every run; one at a time of one process each in this process.

    Args:
        runs: what to train, and where each writes, visible from every node.
        at_once: how many runs go side by side, in processes of their own.
        launcher: what starts one process a task (``srun --nodes=2``); empty: torchrun, here.

    Raises:
        LaunchError: a run failed, or its process was asked to stop; the others' results are kept.
    """
    one_process = all(run.training.processes == 1 for run, _ in runs)
    if one_process and len(runs) == 1:
        train(*runs[0])
        return
    in_turn = one_process and at_once == 1
    failed = _train_in_turn(runs) if in_turn else _train_apart(runs, at_once, launcher)
    if failed:
        raise LaunchError(
            f"{', '.join(failed)} failed; the lines above say why. Checkpoints, and results of "
            "the runs that finished, are kept: run the same command again to continue"
        )
    for _, files in runs:
        remove(files.checkpoints)


def _train_in_turn(runs: Sequence[tuple[Run, RunFiles]]) -> list[str]:
    """One run after another: they share the start of one process. Gives the names of those that failed."""
    failed = []
    for run, files in runs:
        logger.info("seed %d", run.seed)
        try:
            _train_once(run, files)
        except DivergedError as error:  # what else is wrong, the next seed would say again
            logger.error("%s", error)
            failed.append(f"seed {run.seed}")
    return failed


def _train_apart(runs: Sequence[tuple[Run, RunFiles]], at_once: int, launcher: str) -> list[str]:
    """Each run in processes of its own; gives the names of those that failed."""
    commands = {f"seed {run.seed}": _command(run, files, launcher) for run, files in runs}
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    environment |= {"MASTER_ADDR": socket.gethostname(), "MASTER_PORT": str(_free_port())}
    environment["OMP_NUM_THREADS"] = str(max(run.training.threads for run, _ in runs))
    return _follow(commands, environment, at_once)


def _command(run: Run, files: RunFiles, launcher: str) -> list[str]:
    """What starts a run, which the processes read from a file: they may be on other nodes."""
    order = files.checkpoints / "run.json"
    with atomic_path(order) as temporary:
        temporary.write_bytes(ORDER.dump_json((run, files)))
    own = ["-m", "ariigcn.training.launch", str(order)]
    count = run.training.processes
    if count == 1:
        return [sys.executable, *own]
    if launcher:
        tasks = [f"--ntasks={count}", f"--cpus-per-task={run.training.threads}"]
        return [*shlex.split(launcher), *tasks, sys.executable, *own]
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    return [sys.executable, *torchrun, *own]


def _follow(
    commands: Mapping[str, list[str]], environment: dict[str, str], at_once: int
) -> list[str]:
    """Run commands, their lines in this process's log; gives the names of those that failed."""
    with _HandedOn() as stop, ThreadPoolExecutor(at_once) as pool:

        def follow(name: str) -> bool:
            if stop:
                return False
            logger.info("%s: starting %s", name, shlex.join(commands[name]))
            with subprocess.Popen(
                commands[name],
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as process:
                stop.started(process)
                for line in process.stdout or ():
                    logger.info("%s: %s", name, line.rstrip())
            return process.returncode == 0

        went_well = list(pool.map(follow, commands))
    return [name for name, well in zip(commands, went_well, strict=True) if not well]


class _HandedOn(StopRequest):
    """SIGTERM and SIGUSR1 reach the processes as SIGTERM, which torchrun and srun pass on."""

    def __init__(self) -> None:
        super().__init__()
        self._processes: list[subprocess.Popen[str]] = []

    def started(self, process: "subprocess.Popen[str]") -> None:
        """Hand signals on to this one too."""
        self._processes.append(process)
        if self:
            process.terminate()

    def _note(self, number: int, frame: FrameType | None) -> None:
        super()._note(number, frame)
        for process in self._processes:
            process.send_signal(signal.SIGTERM)


def _free_port() -> int:
    """A port of this node, where the first process will be."""
    with socket.socket() as found:
        found.bind(("", 0))
        port: int = found.getsockname()[1]
        return port


def main(order: Path) -> None:
    """What each process does: take what is finished, or join the others and train."""
    configure_logging()
    check_mounts()
    run, files = ORDER.validate_json(order.read_bytes())
    if run.training.processes == 1:
        _train_once(run, files)
        return
    for name, known in SLURM_NAMES.items():
        os.environ.setdefault(name, os.environ.get(known, ""))
    if int(os.environ["RANK"]):
        logging.getLogger("ariigcn").setLevel(logging.WARNING)
    gpu = run.training.device != "cpu" and torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    distributed.init_process_group("nccl" if gpu else "gloo")
    try:
        train(run, files)
    finally:
        distributed.destroy_process_group()


def _train_once(run: Run, files: RunFiles) -> None:
    """Train a run that shares its job, unless it finished in an earlier attempt."""
    kept = files.checkpoints / f"finished-{run.digest()}"
    if kept.is_dir():
        logger.info("finished before: %s", kept)
        _link(RunFiles.below(kept), files)
        return
    train(run, files)
    with atomic_path(kept) as temporary:
        _link(files, RunFiles.below(temporary))


def _link(there: RunFiles, here: RunFiles) -> None:
    """The same files under other names; they outlive the first ones' removal."""
    remove(here.model)
    shutil.copytree(there.model, here.model, copy_function=_link_file)
    for name in ("history", "predictions"):
        remove(getattr(here, name))
        _link_file(getattr(there, name), getattr(here, name))


def _link_file(there: Path | str, here: Path | str) -> None:
    link_file(there, here)
    # Newer than whatever it was made from: the workflow compares times.
    os.utime(here)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
