"""What a trained model does inside: who reads whom, and its representations part by part.

Attention is the mean over modalities and over the graph's layers, the strongest sources an
utterance. Representations are drawn as one t-SNE a stage over the nodes of all modalities together,
of held-out utterances only: training ones lie apart because their labels were seen.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from ariigcn.evaluation.inspection_file import STAGES, Inspection, write_inspection
from ariigcn.graphs.dialogues import Dialogues, load_dialogues
from ariigcn.models.bundle import load_bundle
from ariigcn.models.diagnostics import class_separation
from ariigcn.models.parts.relation_graph import SpeakerRelationLayer, Tiles
from ariigcn.training.config import FEATURES_MB
from ariigcn.training.predict import EVALUATION_DIALOGUES, standardised

SOURCES = 24  # strongest sources kept an utterance: all of the default window
DRAWN_NODES = 2000
PERPLEXITY = 30.0


def inspect_model(bundle: Path, graph: Path, stores: Mapping[str, Path], out: Path) -> None:
    """Inspect a trained model and write finding.

    Args:
        bundle: the model's folder.
        graph: the graph file that it was trained on.
        stores: modality -> feature store, as in training.
        out: the HDF5 file, see :mod:`ariigcn.evaluation.inspection_file`.
    """
    torch.set_num_threads(1)  # sums, and so the picture, depend on the number of threads
    head, model = load_bundle(bundle, plugins=True)
    dialogues = load_dialogues(graph, {m: stores[m] for m in head.dimensions})
    head.check_features(dialogues.headers)
    standard = standardised(dialogues, model).held(FEATURES_MB)
    source, weight = attention(model, standard)
    row, modality, stages = representations(model, standard)
    found = Inspection(
        experiment=str(head.training.get("experiment", "")),
        seed=int(head.training.get("seed", 0)),
        modalities=tuple(head.dimensions),
        utterance_ids=dialogues.graph.utterance_ids,
        source=source,
        weight=weight,
        reach=reached(model, dialogues),
        row=row,
        modality=modality,
        points={name: embed(values) for name, values in stages.items()},
        measures={
            name: class_separation(torch.from_numpy(values), dialogues.label[row])
            for name, values in stages.items()
        },
    )
    write_inspection(found, out)


def graph_layers(model: nn.Module) -> list[SpeakerRelationLayer]:
    """The layers that read other utterances by attention; models without a graph have none."""
    return [layer for layer in model.modules() if isinstance(layer, SpeakerRelationLayer)]


@torch.no_grad()
def attention(
    model: nn.Module, dialogues: Dialogues
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The strongest sources of every utterance and their shares, [N, K] each."""
    count = len(dialogues.label)
    source, weight = torch.full((count, SOURCES), -1), torch.zeros(count, SOURCES)
    if graph_layers(model):
        every = torch.arange(len(dialogues.graph.dialogue_ids))
        for part in every.split(EVALUATION_DIALOGUES):
            batch = dialogues.batch(part)
            with _recorded(model) as layers:
                model(batch)
            tiles = layers[0][1]
            alpha = torch.stack([share.mean(0) for share, _ in layers]).mean(0)  # [tiles, T, W]
            reach = tiles.source.unsqueeze(1).expand(alpha.shape).flatten(0, 1)
            share = alpha.flatten(0, 1)[: batch.num_nodes]
            kept = share.topk(min(SOURCES, share.shape[1]), dim=1)
            read = batch.rows[reach[: batch.num_nodes].gather(1, kept.indices)]
            width = read.shape[1]
            source[batch.rows, :width] = torch.where(kept.values > 0, read, -1)
            weight[batch.rows, :width] = kept.values
    return source.numpy().astype(np.int32), weight.numpy()


def reached(model: nn.Module, dialogues: Dialogues) -> NDArray[np.int32]:
    """How many utterances each one's attention is shared among, itself included, [N]."""
    edges = np.bincount(dialogues.graph.edge_index[1], minlength=len(dialogues.label))
    return (edges if graph_layers(model) else np.zeros_like(edges)).astype(np.int32)


@contextmanager
def _recorded(model: nn.Module) -> Iterator[list[tuple[Tensor, Tiles]]]:
    """Every graph layer's attention [M, tiles, T, W] with its tiles, appended as the model runs."""
    found: list[tuple[Tensor, Tiles]] = []

    def record(layer: nn.Module, inputs: tuple[Tensor, Tiles]) -> None:
        assert isinstance(layer, SpeakerRelationLayer)
        found.append((layer.attention(*inputs), inputs[1]))

    handles = [layer.register_forward_pre_hook(record) for layer in graph_layers(model)]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def representations(
    model: nn.Module, dialogues: Dialogues
) -> tuple[NDArray[np.int32], NDArray[np.int8], dict[str, NDArray[np.float32]]]:
    """Nodes with evidence of held-out dialogues.

    Returns:
        Of k nodes, at most :data:`DRAWN_NODES`: row [k] and modality [k], and stage -> vectors [k, H].
    """
    held_out = torch.cat([dialogues.of_split(s) for s in ("validation", "test")])
    chosen = held_out if len(held_out) else torch.arange(len(dialogues.graph.dialogue_ids))
    rows = dialogues.rows(chosen)
    node, modality = _drawn_nodes(dialogues.mask[rows])
    vectors: dict[str, list[Tensor]] = {}
    start = 0
    for part in chosen.split(EVALUATION_DIALOGUES):
        output = model(dialogues.batch(part))
        stop = start + len(output.logits)
        here = (node >= start) & (node < stop)
        for stage in _stages(model, output):
            found = getattr(output, stage)[modality[here], node[here] - start]
            vectors.setdefault(stage, []).append(found)
        start = stop
    if not vectors:  # a baseline has no nodes of its own modality to draw
        node, modality = node[:0], modality[:0]
    return (
        rows[node].numpy().astype(np.int32),
        modality.numpy().astype(np.int8),
        {stage: torch.cat(parts).numpy() for stage, parts in vectors.items()},
    )


def _stages(model: nn.Module, output: object) -> list[str]:
    """The stages that a model's output has representations of; without a graph it has no nodes."""
    has_graph = len(getattr(model, "graph", ())) > 0
    return [s for s in STAGES if hasattr(output, s) and (has_graph or s != "nodes")]


def _drawn_nodes(mask: Tensor) -> tuple[Tensor, Tensor]:
    """At most :data:`DRAWN_NODES` nodes with evidence of mask [n, M]: utterance and modality, [k] each."""
    node, modality = torch.nonzero(mask, as_tuple=True)
    if len(node) > DRAWN_NODES:
        drawn = torch.randperm(len(node), generator=torch.Generator().manual_seed(0))
        kept = drawn[:DRAWN_NODES].sort().values
        node, modality = node[kept], modality[kept]
    return node, modality


def embed(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """A t-SNE into the plane, the same each time, centred, within -1 to 1: [n, H] -> [n, 2].

    Source: van der Maaten and Hinton, JMLR 2008.
    """
    if len(vectors) < 4 or not np.ptp(vectors, axis=0).any():  # nothing to lay out
        return np.zeros((len(vectors), 2), np.float32)
    method = TSNE(
        perplexity=min(PERPLEXITY, (len(vectors) - 1) / 3), init="pca", random_state=0, max_iter=500
    )
    with threadpool_limits(limits=1):
        points = method.fit_transform(vectors)
    points -= (points.max(0) + points.min(0)) / 2
    return np.round(points / max(float(np.abs(points).max()), 1e-9), 4).astype(np.float32)
