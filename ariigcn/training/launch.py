"""One run on several processes: starts them, passes signals and their words on, waits for them.

``torchrun`` starts them on one machine. A scheduler's launcher (``srun``) starts them on all nodes of
a job, where it is named: one task a process. They meet over NCCL on GPUs and over Gloo on CPUs.
"""

import logging
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from pydantic import TypeAdapter
from torch import distributed

from ariigcn.core.errors import AriigcnError
from ariigcn.core.files import atomic_path
from ariigcn.core.logs import configure_logging
from ariigcn.core.signals import StopRequest
from ariigcn.training.run import Run, RunFiles, train

# What SLURM calls what torchrun tells its processes.
SLURM_NAMES = {"RANK": "SLURM_PROCID", "WORLD_SIZE": "SLURM_NTASKS", "LOCAL_RANK": "SLURM_LOCALID"}
logger = logging.getLogger(__name__)


class LaunchError(AriigcnError):
    """A process of a run ended with an error; the lines above tell which."""


def train_on_all(run: Run, files: RunFiles, launcher: str = "") -> None:
    """Train on as many processes as ``run.training.processes`` says; with one, in this one.

    Args:
        run: the run.
        files: where it writes, visible from every node.
        launcher: what starts one process a task (``srun --nodes=2``); empty: torchrun, here.

    Raises:
        LaunchError: a process failed, or was asked to stop.
    """
    count = run.training.processes
    if count == 1:
        train(run, files)
        return
    order = files.checkpoints / "run.json"
    with atomic_path(order) as temporary:
        temporary.write_bytes(TypeAdapter(tuple[Run, RunFiles]).dump_json((run, files)))
    own = ["-m", "ariigcn.training.launch", str(order)]
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    if launcher:
        environment |= {"MASTER_ADDR": socket.gethostname(), "MASTER_PORT": str(_free_port())}
        tasks = [f"--ntasks={count}", f"--cpus-per-task={run.training.threads}"]
        command = [*shlex.split(launcher), *tasks, sys.executable, *own]
    else:
        environment["OMP_NUM_THREADS"] = str(run.training.threads)
        torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
        command = [sys.executable, *torchrun, *own]
    _follow(command, environment)


def _follow(command: list[str], environment: dict[str, str]) -> None:
    """Run a command, its lines in this process's log, the signals to stop handed on."""
    logger.info("starting %s", shlex.join(command))
    with (
        subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as processes,
        _handed_on(processes),
    ):
        for line in processes.stdout or ():
            logger.info("%s", line.rstrip())
    if processes.returncode:
        raise LaunchError(
            f"a process of the run failed (exit status {processes.returncode}); its own words stand "
            "above, and the last checkpoint is kept"
        )


@contextmanager
def _handed_on(processes: "subprocess.Popen[str]") -> Iterator[None]:
    """SIGTERM and SIGUSR1 reach the processes as SIGTERM, which torchrun and srun pass on."""

    class Passing(StopRequest):
        def _note(self, number: int, frame: object) -> None:
            super()._note(number, None)
            processes.send_signal(signal.SIGTERM)

    with Passing():
        yield


def _free_port() -> int:
    """A port of this node, where the first process will be."""
    with socket.socket() as found:
        found.bind(("", 0))
        port: int = found.getsockname()[1]
        return port


def main(order: Path) -> None:
    """What each process does: join the others, train."""
    for name, known in SLURM_NAMES.items():
        os.environ.setdefault(name, os.environ.get(known, ""))
    run, files = TypeAdapter(tuple[Run, RunFiles]).validate_json(order.read_bytes())
    configure_logging()
    rank = int(os.environ["RANK"])
    if rank:
        logging.getLogger().setLevel(logging.WARNING)
    gpu = run.training.device != "cpu" and torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    distributed.init_process_group("nccl" if gpu else "gloo")
    try:
        train(run, files)
        distributed.barrier()
    finally:
        distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
