"""What becomes of a file with one flipped bit, or one zeroed sector, when its stage's reader meets it."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as Hung
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pebble import ProcessExpired, ProcessPool

from ariigcn.core.errors import DataError
from ariigcn.corpora.table import read_corpus, write_corpus
from ariigcn.evaluation.inspection import inspect_model
from ariigcn.evaluation.inspection_file import read_inspection
from ariigcn.evaluation.run_files import read_run_table
from ariigcn.features.store import FeatureStore, Rows, Status, StoreHeader, write_store
from ariigcn.graphs.build import build_graph_file
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.file import read_graph
from ariigcn.models.bundle import load_bundle
from ariigcn.models.config import ModelConfig
from ariigcn.training.config import TrainingConfig
from ariigcn.training.run import Run, RunFiles, train
from tests.synthetic_corpus import make_corpus

SECTOR = 512
TIME_LIMIT_S = 20
OUTCOMES = ("refused", "harmless", "changed a result", "raw traceback", "hung or crashed")


def read_store(path: Path) -> list[Any]:
    store = FeatureStore(path)
    return [store.header, store.read().values.tolist(), *vars(store.read()).values()]


def read_weights(path: Path) -> list[Any]:
    head, model = load_bundle(path.parent)
    return [head, {name: value.tolist() for name, value in model.state_dict().items()}]


READERS: dict[str, Callable[[Path], Any]] = {
    "features.h5": read_store,
    "graph.h5": read_graph,
    "utterances.parquet": read_corpus,
    "predictions.parquet": read_run_table,
    "model/config.json": read_weights,
    "model/model.safetensors": read_weights,
    "inspection.h5": read_inspection,
}


@dataclass(frozen=True)
class Fault:
    """What is done to a file: a bit flipped, or a sector zeroed."""

    kind: str
    bit: int | None = None
    sector: int | None = None

    def apply(self, content: bytes) -> bytes:
        changed = bytearray(content)
        if self.bit is not None:
            changed[self.bit // 8] ^= 1 << self.bit % 8
        if self.sector is not None:
            start = self.sector * SECTOR
            changed[start : start + SECTOR] = bytes(len(changed[start : start + SECTOR]))
        return bytes(changed)


def make_files(folder: Path) -> None:
    """One real file of each kind, by the stages that write them."""
    corpus = make_corpus([6, 9, 13, 7, 12, 15, 8, 14, 6, 7], seed=3)
    write_corpus(corpus, folder / "utterances.parquet")
    build_graph_file(folder / "utterances.parquet", GraphConfig(), folder / "graph.h5")
    ids = corpus.utterances["utterance_id"].tolist()
    values = np.random.default_rng(0).normal(size=(len(ids), 24)).astype(np.float32)
    rows = Rows(ids, values, [Status.OK] * len(ids), [""] * len(ids))
    header = StoreHeader("toy", "text", "test", "1", dimension=24)
    write_store(folder / "features.h5", header, [rows])
    run = Run(
        "ar-iigcn", 0, folder / "graph.h5", {"text": folder / "features.h5"}, GraphConfig(),
        ModelConfig(modalities=("text",), hidden=16, projection=8), TrainingConfig(epochs=2),
    )  # fmt: skip
    train(run, RunFiles.below(folder))
    stores = {"text": folder / "features.h5"}
    inspect_model(folder / "model", folder / "graph.h5", stores, folder / "inspection.h5")


def draw_faults(folder: Path, bits: int, sectors: int) -> Iterator[Fault]:
    """So many flips a kind, and so many zeroed sectors spread over all, the same each time."""
    rng = random.Random(20260726)
    sizes = {kind: (folder / kind).stat().st_size for kind in READERS}
    for kind, size in sizes.items():
        yield from (Fault(kind, bit=rng.randrange(8 * size)) for _ in range(bits))
    every = [Fault(k, sector=n) for k, size in sizes.items() for n in range(-(-size // SECTOR))]
    yield from rng.sample(every, min(sectors, len(every)))


def outcome(folder: Path, fault: Fault) -> str:
    """What the reader of a file says after a fault; the file is whole again afterwards."""
    path, read = folder / fault.kind, READERS[fault.kind]
    whole, before = path.read_bytes(), repr(plain(read(path)))
    if fault.apply(whole) == whole:
        return "harmless"
    path.write_bytes(fault.apply(whole))
    try:
        same = repr(plain(read(path))) == before
    except DataError as error:
        return "refused" if str(path.parent) in str(error) else "raw traceback"
    except Exception:
        return "raw traceback"
    finally:
        path.write_bytes(whole)
    return "harmless" if same else "changed a result"


def plain(value: Any) -> Any:
    """A reader's answer as something whose text shows every difference."""
    if hasattr(value, "to_csv"):
        return value.to_csv()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {key: plain(found) for key, found in value.items()}
    return [plain(found) for found in value] if isinstance(value, list | tuple) else value


def run(folder: Path, faults: list[Fault]) -> dict[str, Counter[str]]:
    """Kind -> how often each outcome was met; each fault is read in a process that may hang."""
    found: dict[str, Counter[str]] = {}
    wholes = {kind: (folder / kind).read_bytes() for kind in READERS}
    with ProcessPool(max_workers=1) as pool:
        for fault in faults:
            try:
                said = pool.schedule(
                    partial(outcome, folder), args=[fault], timeout=TIME_LIMIT_S
                ).result()
            except (Hung, ProcessExpired):
                said = "hung or crashed"
                (folder / fault.kind).write_bytes(wholes[fault.kind])
            where = "zeroed sectors" if fault.bit is None else fault.kind
            found.setdefault(where, Counter())[said] += 1
    return found


def table(found: dict[str, Counter[str]]) -> str:
    """The outcomes as lines of a table."""
    lines = ["| one bit flipped in, or | faults | " + " | ".join(OUTCOMES) + " |"]
    lines.append("| --- " * (2 + len(OUTCOMES)) + "|")
    for kind, counts in [*found.items(), ("in all", sum(found.values(), Counter()))]:
        numbers = [counts.total(), *(counts[name] for name in OUTCOMES)]
        lines.append(f"| {kind} | " + " | ".join(map(str, numbers)) + " |")
    return "\n".join(lines)
