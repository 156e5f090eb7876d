"""Features in, probabilities out: the graph and the network of a trained model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ariigcn.core.errors import DataError
from ariigcn.corpora.table import Corpus
from ariigcn.graphs.build import build_graph
from ariigcn.graphs.dialogues import Dialogues, make_dialogues
from ariigcn.models.base import ConversationModel
from ariigcn.models.bundle import BundleHead
from ariigcn.training.config import FEATURES_MB
from ariigcn.training.predict import predict, standardised


def read_features(
    head: BundleHead,
    features: Mapping[str, ArrayLike],
    count: int,
    mask: Mapping[str, ArrayLike] | None = None,
) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[np.bool_]]]:
    """The features of ``count`` utterances in every modality of a model, and where there are any.

    Args:
        head: the model's.
        features: modality -> [n, D_m]; a modality that is absent is masked.
        count: n.
        mask: modality -> bool [n]; False where the modality is missing, though there are features.

    Returns:
        Modality -> float32 [n, D_m], zero where it is missing; modality -> bool [n].

    Raises:
        DataError: shapes that do not fit the model or each other, a modality that the model does not
            read, or values that are not finite.
    """
    mask = mask or {}
    unknown = sorted({*features, *mask} - set(head.dimensions))
    if unknown:
        raise DataError(f"the model does not read {', '.join(unknown)}")
    values, usable = {}, {}
    for modality, size in head.dimensions.items():
        given = modality in features
        x = np.asarray(features[modality] if given else np.zeros((count, size)), np.float32)
        if x.shape != (count, size):
            raise DataError(f"{modality}: features of shape {x.shape}, not {(count, size)}")
        here = np.asarray(mask.get(modality, np.ones(count)), bool)
        if here.shape != (count,):
            raise DataError(f"{modality}: a mask of shape {here.shape}, not {(count,)}")
        here = here & given
        if not np.isfinite(x[here]).all():
            raise DataError(f"{modality}: features that are NaN or infinite")
        values[modality], usable[modality] = np.where(here[:, None], x, 0), here
    return values, usable


def prepare(
    head: BundleHead,
    network: ConversationModel,
    corpus: Corpus,
    values: Mapping[str, NDArray[np.float32]],
    usable: Mapping[str, NDArray[np.bool_]],
) -> Dialogues:
    """Conversations as the network reads them: its graph, features standardised by its statistics.

    Args:
        head: the model's.
        network: the model's.
        corpus: the table of N utterances.
        values: modality -> float32 [N, D_m], in the table's order.
        usable: modality -> bool [N].

    Raises:
        DataError: the model does not know a relation of the graph.
    """
    graph = build_graph(corpus, head.graph)
    place = relation_places(head, graph.relations)
    graph = replace(graph, relations=head.relations, edge_type=place[graph.edge_type])
    x = {m: torch.from_numpy(np.ascontiguousarray(v, np.float32)) for m, v in values.items()}
    mask = torch.stack([torch.from_numpy(usable[m]) for m in values], dim=1)
    return standardised(make_dialogues(graph, x, mask), network).held(FEATURES_MB)


def relation_places(head: BundleHead, names: Sequence[str]) -> NDArray[np.int64]:
    """The numbers that a model's weights know relations by, int64 [R].

    Raises:
        DataError: the model does not know one of them.
    """
    unknown = [name for name in names if name not in head.relations]
    if unknown:
        raise DataError(
            "the model has one relation per pair of speakers, and this conversation has more "
            f"speakers than its training (it has no '{unknown[0]}')"
        )
    return np.array([head.relations.index(name) for name in names], np.int64)


def probabilities(
    head: BundleHead, network: ConversationModel, dialogues: Dialogues
) -> NDArray[np.float32]:
    """What the network says of every utterance, float32 [N, C], by as many threads as in training."""
    use_threads(head)
    found: NDArray[np.float32] = predict(network, dialogues).numpy()
    return found


def use_threads(head: BundleHead) -> None:
    """Let torch use as many threads as in training: other numbers of them sum in another order."""
    torch.set_num_threads(int(head.training.get("threads", 1)))
