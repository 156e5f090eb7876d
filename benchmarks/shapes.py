"""Generated corpora of the real corpora's shapes: how many dialogues, how long, how many features."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ariigcn.corpora.table import Corpus
from ariigcn.graphs.build import build_graph
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import Dialogues, make_dialogues
from ariigcn.graphs.file import Graph


@dataclass(frozen=True)
class Shape:
    """Utterances a dialogue by split, speakers a dialogue, classes, and features a modality."""

    name: str
    train: tuple[int, ...]
    test: tuple[int, ...]
    speakers: int
    classes: int
    features: dict[str, int]

    def times(self, copies: int) -> "Shape":
        """The same corpus with every training dialogue ``copies`` times."""
        return Shape(
            f"{self.name} x{copies}",
            self.train * copies,
            self.test,
            self.speakers,
            self.classes,
            self.features,
        )


def demo() -> Shape:
    """The built-in corpus: 31 training and 9 test dialogues of about ten utterances."""
    features = {"text": 384, "audio": 88, "video": 2560}
    return Shape("demo", (10,) * 31, (10,) * 9, 3, 6, features)


def iemocap() -> Shape:
    """120 training and 31 test dialogues, 5,810 and 1,623 utterances, two speakers."""
    features = {"text": 1024, "audio": 1582, "video": 342}
    return Shape("IEMOCAP", _spread(120, 5810, 18), _spread(31, 1623, 18), 2, 6, features)


def meld(tables: Path | None = None) -> Shape:
    """1,152 training and 280 test dialogues; their real lengths where MELD's tables are at hand."""
    features = {"text": 1024, "audio": 300, "video": 342}
    if tables is None:
        return Shape("MELD", _spread(1152, 11098, 6), _spread(280, 2610, 6), 3, 7, features)
    train = (*_lengths(tables / "train_sent_emo.csv"), *_lengths(tables / "dev_sent_emo.csv"))
    return Shape("MELD", train, _lengths(tables / "test_sent_emo.csv"), 3, 7, features)


def structure(shape: Shape, graph: GraphConfig, seed: int = 0) -> Graph:
    """The graph of dialogues of a shape with random speakers and labels."""
    rng = np.random.default_rng(seed)
    lengths = np.array(shape.train + shape.test)
    total, dialogue = int(lengths.sum()), np.repeat(np.arange(len(lengths)), lengths)
    position = np.arange(total) - np.repeat(lengths.cumsum() - lengths, lengths)
    labels = tuple(f"class {i}" for i in range(shape.classes))
    frame = pd.DataFrame(
        {
            "dialogue_id": [f"d{d}" for d in dialogue],
            "utterance_id": [f"d{d}_u{p}" for d, p in zip(dialogue, position, strict=True)],
            "speaker": [f"s{s}" for s in rng.integers(shape.speakers, size=total)],
            "emotion": [labels[i] for i in rng.integers(shape.classes, size=total)],
            "split": np.where(dialogue < len(shape.train), "train", "test"),
        }
    )
    return build_graph(Corpus(shape.name, "generated", labels, "none", {}, frame), graph)


def generate(shape: Shape, graph: GraphConfig, seed: int = 0) -> Dialogues:
    """Dialogues of a shape with random features, speakers and labels; nothing is masked."""
    built = structure(shape, graph, seed)
    total, generator = len(built.label), torch.Generator().manual_seed(seed)
    x = {m: torch.randn(total, size, generator=generator) for m, size in shape.features.items()}
    mask = torch.ones(total, len(x), dtype=torch.bool)
    return make_dialogues(built, x, mask)


def _spread(dialogues: int, utterances: int, spread: int) -> tuple[int, ...]:
    """Lengths that differ by up to ``spread`` either way and add up to ``utterances``."""
    mean = utterances // dialogues
    lengths = mean + np.arange(dialogues) % (2 * spread + 1) - spread
    lengths = np.maximum(lengths, 1)
    missing = utterances - int(lengths.sum())
    lengths += missing // dialogues
    lengths[: missing % dialogues] += 1
    return tuple(int(length) for length in lengths)


def _lengths(table: Path) -> tuple[int, ...]:
    counts = pd.read_csv(table, usecols=["Dialogue_ID"])["Dialogue_ID"].value_counts(sort=False)
    return tuple(int(count) for count in counts)
