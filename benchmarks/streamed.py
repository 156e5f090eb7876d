"""Training on features that stay in their stores against features held in memory: time, memory, bits.

python -m benchmarks.streamed --copies 18

Stores of the widths below are generated on disk. Each run is a process of its own; the two kinds take
turns. Memory is counted as the system does: "anonymous" is what a process needs, "mapped" are pages of
files, which the system drops when anyone needs the memory.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any
from unittest.mock import patch

import numpy as np
import torch
import typer

from ariigcn.features.store import Rows, Status, StoreHeader, write_store
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.file import write_graph
from ariigcn.models.config import ModelConfig
from ariigcn.training.config import TrainingConfig
from ariigcn.training.loop import Trainer
from ariigcn.training.run import Run, fit
from benchmarks.shapes import meld, structure

REPOSITORY = Path(__file__).resolve().parents[1]
WIDTHS = {"text": 384, "audio": 1582, "video": 1280}  # those that docs/scale.md measured
BLOCK = 4096
WAYS = {"held": 1e9, "streamed": 0.0}


def write_files(folder: Path, copies: int, widths: Mapping[str, int] = WIDTHS) -> int:
    """A graph and three stores of MELD's training dialogues so many times; gives the utterances."""
    graph = structure(meld().times(copies), GraphConfig())
    write_graph(graph, folder / "graph.h5")
    for seed, (modality, width) in enumerate(widths.items()):
        header = StoreHeader(graph.corpus, modality, "generated", "1", width)
        rows = _rows(graph.utterance_ids, width, seed)
        write_store(folder / f"{modality}.h5", header, rows, len(graph.label))
    return len(graph.label)


def _rows(ids: list[str], width: int, seed: int) -> Iterator[Rows]:
    rng = np.random.default_rng(seed)
    for start, stop in pairwise([*range(0, len(ids), BLOCK), len(ids)]):
        values = rng.standard_normal((stop - start, width), np.float32)
        count = stop - start
        yield Rows(ids[start:stop], values, [Status.OK] * count, [""] * count)


class Peaks:
    """The largest anonymous and mapped memory of this process, MB, looked at every 20 ms."""

    def __init__(self) -> None:
        self.anonymous = self.mapped = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            said = Path("/proc/self/status").read_text()
            found = {n: int(kb) / 1024 for n, kb in re.findall(r"Rss(\w+):\s+(\d+) kB", said)}
            self.anonymous = max(self.anonymous, found["Anon"])
            self.mapped = max(self.mapped, found["File"])
            time.sleep(0.02)


@contextmanager
def epochs_timed() -> Iterator[list[float]]:
    """Processor seconds that the trainers within spend on their epochs."""
    spent: list[float] = []
    whole = Trainer.fit

    def timed(self: Trainer, checkpoints: Path, run: str) -> None:
        started = time.process_time()
        whole(self, checkpoints, run)
        spent.append(time.process_time() - started)

    with patch.object(Trainer, "fit", timed):
        yield spent


def measure(folder: Path, way: str, model: ModelConfig, training: TrainingConfig) -> dict[str, Any]:
    """One run: what starting, an epoch and predicting all utterances take, and a digest of its weights."""
    peaks = Peaks()
    training = training.model_copy(update={"features_mb": WAYS[way], "selection": "last"})
    stores = {m: folder / f"{m}.h5" for m in WIDTHS}
    run = Run("streamed", 0, folder / "graph.h5", stores, GraphConfig(), model, training)
    with epochs_timed() as epochs_s:
        started = time.process_time()
        _, trainer = fit(run, folder / f".checkpoints-{way}")
        fitted = time.process_time()
    trainer.predict(trainer.selected_model())
    clock = [row["seconds"] for row in trainer.history]
    state = trainer.model.state_dict()
    weights = hashlib.sha256(b"".join(w.numpy().tobytes() for w in state.values())).hexdigest()
    return {
        "way": way,
        "start_cpu_s": fitted - started - sum(epochs_s),
        "epoch_cpu_s": sum(epochs_s) / training.epochs,
        "epoch_s": sum(clock) / training.epochs,
        "predict_cpu_s": time.process_time() - fitted,
        "anonymous_mb": peaks.anonymous,
        "mapped_mb": peaks.mapped,
        "weights": weights[:16],
    }


def main(
    copies: Annotated[int, typer.Option(help="MELD's training dialogues, times this.")] = 18,
    epochs: int = 1,
    hidden: int = ModelConfig().hidden,
    turns: Annotated[int, typer.Option(help="Runs of each way.")] = 2,
    folder: Annotated[Path | None, typer.Option(help="Of stores that are there already.")] = None,
    way: Annotated[str, typer.Option(help="held or streamed: one run, in this process.")] = "",
) -> None:
    """Print a line of JSON for each run."""
    torch.set_num_threads(1)
    if way and folder:
        model, training = ModelConfig(hidden=hidden), TrainingConfig(epochs=epochs)
        typer.echo(json.dumps(measure(folder, way, model, training)))
        return
    with tempfile.TemporaryDirectory() as name:
        typer.echo(json.dumps({"utterances": write_files(Path(name), copies)}))
        own = ["--epochs", str(epochs), "--hidden", str(hidden), "--folder", name]
        for each in [*WAYS] * turns:
            command = [sys.executable, "-m", "benchmarks.streamed", *own, "--way", each]
            subprocess.run(command, cwd=REPOSITORY, check=True)


if __name__ == "__main__":
    typer.run(main)
