"""Small seeded corpora of features for tests of graphs, models and training."""

import numpy as np
import pandas as pd
import torch

from ariigcn.corpora.table import Corpus
from ariigcn.graphs.build import build_graph
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import DialogueBatch, Dialogues, make_dialogues

LABELS = ("anger", "joy", "neutral")
SIZES = {"text": 6, "audio": 5, "video": 4}


def make_corpus(lengths: list[int], seed: int = 0, unlabelled: float = 0.1) -> Corpus:
    """Dialogues of the given lengths, two or three speakers each; split 60/20/20 by dialogue."""
    rng = np.random.default_rng(seed)
    rows = []
    for d, length in enumerate(lengths):
        share = d / max(len(lengths), 1)
        split = "train" if share < 0.6 else "validation" if share < 0.8 else "test"
        speakers = int(rng.integers(2, 4))
        for position in range(length):
            emotion = None if rng.random() < unlabelled else str(rng.choice(LABELS))
            rows.append(
                {
                    "dialogue_id": f"d{d}",
                    "utterance_id": f"d{d}_u{position}",
                    "position": position,
                    "speaker": f"s{rng.integers(speakers)}",
                    "text": "words",
                    "emotion": emotion,
                    "split": split,
                    "media": None,
                    "start_s": None,
                    "end_s": None,
                }
            )
    return Corpus("toy", "1", LABELS, "none", {}, pd.DataFrame(rows))


def make_toy(lengths: list[int], seed: int = 0, config: GraphConfig | None = None) -> Dialogues:
    """Dialogues whose features carry the label plus noise; some rows are masked."""
    graph = build_graph(make_corpus(lengths, seed), config or GraphConfig(past=3, future=3))
    generator = torch.Generator().manual_seed(seed)
    nodes = len(graph.utterance_ids)
    label = torch.from_numpy(graph.label)
    mask = torch.rand(nodes, len(SIZES), generator=generator) > 0.1
    x = {}
    for column, (modality, size) in enumerate(SIZES.items()):
        values = torch.randn(nodes, size, generator=generator)
        values[torch.arange(nodes), label.clamp_min(0)] += 2.0 * (label >= 0)
        x[modality] = values * mask[:, column : column + 1]
    return make_dialogues(graph, x, mask)


def whole_batch(dialogues: Dialogues) -> DialogueBatch:
    """All dialogues as one batch."""
    return dialogues.batch(torch.arange(len(dialogues.graph.dialogue_ids)))
