"""A made-up inspection: attention over a window, and points around a place an emotion."""

from pathlib import Path

import numpy as np
import pandas as pd

from ariigcn.corpora.table import Corpus
from ariigcn.evaluation.inspection_file import STAGES, Inspection, write_inspection

MODALITIES = ("text", "audio", "video")


def make_inspection(corpus: Corpus, *, window: int = 10, nodes: int = 3000) -> Inspection:
    """Attention that falls with distance; at most ``nodes`` nodes of held-out utterances."""
    frame = corpus.utterances
    rng = np.random.default_rng(11)
    offset = np.array(sorted(range(-window, window + 1), key=abs))
    source = np.arange(len(frame))[:, None] + offset
    inside = (source >= 0) & (source < len(frame))
    dialogue = pd.factorize(frame["dialogue_id"])[0]
    inside &= dialogue[np.clip(source, 0, len(frame) - 1)] == dialogue[:, None]
    weight = np.where(inside, np.exp(-np.abs(offset) / 3) * rng.uniform(0.5, 1, source.shape), 0)
    weight /= weight.sum(1, keepdims=True)
    order = np.argsort(-weight, axis=1)
    weight = np.take_along_axis(weight, order, 1)
    source = np.where(weight > 0, np.take_along_axis(source, order, 1), -1)
    held_out = np.flatnonzero(frame["split"] != "train")
    row, modality = (a.ravel() for a in np.meshgrid(held_out, np.arange(3), indexing="ij"))
    emotion = pd.Categorical(frame["emotion"], categories=list(corpus.labels)).codes[row]
    angle = 2 * np.pi * emotion / len(corpus.labels)
    middle = 0.7 * np.stack([np.cos(angle), np.sin(angle)], 1)
    points = (middle + 0.1 * rng.standard_normal(middle.shape)).clip(-1, 1)[:nodes]
    return Inspection(
        experiment="ar-iigcn",
        seed=0,
        modalities=MODALITIES,
        utterance_ids=frame["utterance_id"].tolist(),
        source=source.astype(np.int32),
        weight=weight.astype(np.float32),
        reach=inside.sum(1).astype(np.int32),
        row=row[:nodes].astype(np.int32),
        modality=modality[:nodes].astype(np.int8),
        points={stage: points.astype(np.float32) for stage in STAGES},
        measures={
            stage: {"silhouette": value, "alignment": 1.0 - value, "uniformity": -1.0 - value}
            for stage, value in zip(STAGES, (0.05, 0.07, 0.42), strict=True)
        },
    )


def write_made_up(corpus: Corpus, path: Path) -> Path:
    """Write :func:`make_inspection` of a corpus to ``path``."""
    write_inspection(make_inspection(corpus), path)
    return path
