"""How cost grows with a corpus's size and with a dialogue's length; slopes are drawn.

python -m benchmarks.scale

Times are processor seconds on one thread. Every size of corpus runs in a process of its own, whose
peak memory is its own. Features are generated and
narrow: what is measured is growth, and a width's cost is in benchmarks.bench_train.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import matplotlib
import numpy as np
import pandas as pd
import torch
import typer
from matplotlib import pyplot as plt

from ariigcn.corpora.table import Corpus, read_corpus, write_corpus
from ariigcn.graphs.build import build_graph
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.file import read_graph, write_graph
from ariigcn.models.config import ModelConfig
from ariigcn.training.config import TrainingConfig
from benchmarks.bench_train import trainer_of
from benchmarks.shapes import Shape, generate, meld
from benchmarks.streamed import measure, write_files
from benchmarks.workflow import REPOSITORY, command

PICTURE = REPOSITORY / "docs" / "scale.svg"
MELD_ROWS = 13_708
COPIES = (1, 4, 16, 73)
LENGTHS = (10, 50, 200, 500, 1000, 2000, 4000)
WIDTHS = {"text": 64, "audio": 64, "video": 64}
STEPS = 9  # the least of so many counts
MODEL: dict[str, Any] = {"hidden": 32, "projection": 32, "context": "none"}
UNBOUNDED: dict[str, Any] = {"losses": {"pairs": 10**15}}
PAIRLESS: dict[str, Any] = {"losses": {"intra_inter_modal": 0, "intra_inter_class": 0}}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of this process and of those it waited for, and the result."""
    started = processor_s()
    result = work()
    return processor_s() - started, result


def processor_s() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def peak_mb() -> float:
    """This program's own peak: what getrusage tells begins with that of the process it came from."""
    said = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", said)[0]) / 1024


def table(rows: int, length: int = 10) -> Corpus:
    """A valid utterance table of so many rows."""
    row = np.arange(rows)
    dialogue = row // length
    frame = pd.DataFrame(
        {
            "dialogue_id": "d" + pd.Series(dialogue).astype(str),
            "utterance_id": "u" + pd.Series(row).astype(str),
            "position": row % length,
            "speaker": np.where(row % 3 == 0, "Ada", "Ben"),
            "text": "words of an utterance, as long as most of them are",
            "emotion": np.where(row % 2 == 0, "joy", "anger"),
            "split": np.array(["train", "train", "validation", "test"])[dialogue % 4],
            "media": "clips/" + pd.Series(row).astype(str) + ".mp4",
            "start_s": np.nan,
            "end_s": np.nan,
        }
    )
    return Corpus("generated", "1", ("anger", "joy"), "none", {}, frame)


def tables_and_graphs(rows: int) -> dict[str, float]:
    """Seconds, bytes and peak memory of what reads the whole corpus before training."""
    corpus = table(rows)
    with tempfile.TemporaryDirectory() as folder:
        parquet, graph_file = Path(folder) / "utterances.parquet", Path(folder) / "graph.h5"
        write_s, _ = timed(lambda: write_corpus(corpus, parquet))
        read_s, corpus = timed(lambda: read_corpus(parquet))
        build_s, graph = timed(lambda: build_graph(corpus, GraphConfig()))
        store_s, _ = timed(lambda: write_graph(graph, graph_file))
        load_s, _ = timed(lambda: read_graph(graph_file))
        sizes = (parquet.stat().st_size, graph_file.stat().st_size)
    return {
        "rows": rows,
        "table_write_s": write_s,
        "table_read_s": read_s,
        "graph_build_s": build_s,
        "graph_write_s": store_s,
        "graph_read_s": load_s,
        "table_mb": sizes[0] / 1e6,
        "graph_mb": sizes[1] / 1e6,
        "peak_mb": peak_mb(),
    }


def epoch(copies: int) -> dict[str, float]:
    """Seconds an epoch on MELD's dialogues so many times, read from their stores, every loss on, and
    the memory that training takes.
    """
    training = TrainingConfig(epochs=1, batch_dialogues=16)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ProcessPoolExecutor(1, get_context("spawn")) as apart:  # its memory is not training's
            apart.submit(write_files, folder, copies, WIDTHS).result()
        found = measure(folder, "streamed", ModelConfig.model_validate(MODEL), training)
    figures = ("start_cpu_s", "epoch_cpu_s", "predict_cpu_s", "anonymous_mb", "mapped_mb")
    return {"rows": sum(meld().times(copies).train)} | {name: found[name] for name in figures}


def step(length: int) -> dict[str, float]:
    """Milliseconds a training step on one dialogue of so many utterances: without pairs, with no more
    of them than the default allows, and with all.
    """
    shape = Shape("one", (length,) * STEPS, (2,), 3, 7, WIDTHS)
    dialogues = generate(shape, GraphConfig())
    training = TrainingConfig(epochs=1, batch_dialogues=1, selection="last")
    found: dict[str, float] = {"length": length}
    gru = {**PAIRLESS, "context": "gru"}
    variants = {"graph": PAIRLESS, "pairs": {}, "every_pair": UNBOUNDED, "gru": gru}
    for name, change in variants.items():
        model = ModelConfig.model_validate({**MODEL, **change})
        trainer = trainer_of(dialogues, model, training, torch.device("cpu"))
        trainer.model.train()
        taken = []
        for dialogue in range(STEPS):
            started = time.process_time()
            trainer.step(torch.tensor([dialogue]), 1)
            taken.append(1e3 * (time.process_time() - started))
        found[f"{name}_ms"] = min(taken)
    return found


def dry_run(rows: int, shards: int) -> dict[str, float]:
    """Jobs, and seconds until Snakemake has planned them, before anything exists."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        frame = table(rows).utterances.drop(columns=["position", "start_s", "end_s"])
        frame.to_csv(folder / "corpus" / "conversations.csv", index=False)
        config = ["corpus=folder", f"corpus_root={folder / 'corpus'}"]
        config += [f"features={{shards: {shards}}}", "seeds=[0,1,2,3,4,5,6,7,8,9]"]
        words = command(folder, "all", "--dry-run", "--quiet", "rules", cores=1, config=config)
        seconds, done = timed(
            lambda: subprocess.run(words, capture_output=True, text=True, check=True)
        )
    jobs = re.findall(r"^total +(\d+)", done.stdout + done.stderr, re.M)[-1]
    return {"rows": rows, "shards": shards, "jobs": int(jobs), "dry_run_s": seconds}


APART: Mapping[str, Callable[[int], dict[str, float]]] = {
    "tables": tables_and_graphs,
    "epoch": epoch,
    "step": step,
}


def told(part: str, found: dict[str, float]) -> dict[str, float]:
    typer.echo(json.dumps({"part": part} | {n: round(v, 3) for n, v in found.items()}))
    return found


def apart(part: str, size: int) -> dict[str, float]:
    """A measurement in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.scale", part, str(size)]
    done = subprocess.run(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    return told(part, json.loads(done.stdout.splitlines()[-1]))


def slope(x: list[float], y: list[float]) -> float:
    """Exponent of growth: 1 is linear."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def line(
    axes: Any, found: list[dict[str, float]], x: str, y: str, name: str, last: int = 0
) -> None:
    """A line on logarithmic axes, its exponent over the last points in the legend."""
    xs, ys = [f[x] for f in found], [f[y] for f in found]
    axes.plot(xs, ys, marker="o", label=f"{name}: slope {slope(xs[-last:], ys[-last:]):.2f}")


def draw(
    tables: list[dict[str, float]], epochs: list[dict[str, float]], steps: list[dict[str, float]]
) -> None:
    """Three panels: before training, an epoch, a step by length."""
    matplotlib.use("svg")
    plt.rcParams["svg.hashsalt"] = "scale"
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
    line(left, tables, "rows", "table_read_s", "read the table")
    line(left, tables, "rows", "graph_build_s", "build the graph")
    line(left, tables, "rows", "graph_write_s", "write the graph")
    left.set(title="Before training", xlabel="utterances", ylabel="processor seconds")
    line(middle, epochs, "rows", "epoch_cpu_s", "epoch, s")
    line(middle, epochs, "rows", "start_cpu_s", "start: checks, mean and scale, s")
    line(middle, epochs, "rows", "anonymous_mb", "memory, MB")
    middle.set(title="Training, hidden 32, from the stores", xlabel="training utterances")
    line(right, steps, "length", "graph_ms", "graph, game, classifier", 3)
    line(right, steps, "length", "gru_ms", "the same with GRU", 3)
    line(right, steps, "length", "pairs_ms", "the same with pairs, no GRU", 3)
    line(right, steps, "length", "every_pair_ms", "the same with all pairs, no GRU", 3)
    right.set(title="A step of one dialogue", xlabel="utterances", ylabel="processor milliseconds")
    for axes in (left, middle, right):
        axes.set(xscale="log", yscale="log")
        axes.grid(alpha=0.3)
        axes.margins(y=0.25)  # room for what the lines are
        axes.legend(fontsize=8, loc="upper left")
    figure.savefig(PICTURE, metadata={"Date": None})


def main(
    part: Annotated[str, typer.Argument(help="tables, epoch or step alone, as JSON")] = "",
    size: Annotated[int, typer.Argument(help="its rows, copies of MELD, or turns")] = 1,
) -> None:
    """Measure everything, a line of JSON each, and draw docs/scale.svg."""
    torch.set_num_threads(1)
    if part:
        typer.echo(json.dumps(APART[part](size)))
        return
    for rows, shards in ((MELD_ROWS, 1), (MELD_ROWS, 64), (1_000_000, 64)):
        told("dry_run", dry_run(rows, shards))
    draw(
        [apart("tables", MELD_ROWS * copies) for copies in COPIES],
        [apart("epoch", copies) for copies in COPIES],
        [told("step", step(length)) for length in LENGTHS],
    )


if __name__ == "__main__":
    typer.run(main)
