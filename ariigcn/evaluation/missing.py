"""What is left of a model when a modality goes missing at test time.

A masked utterance is treated as one whose clip was unusable: its mask is 0 and its features are
zero, so that the model's own stand-in takes their place, for its own label and for its neighbours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from torch import Tensor

from ariigcn.core.storage import write_table
from ariigcn.evaluation.statistics.resampling import Floats, class_counts, score_counts
from ariigcn.graphs.dialogues import Dialogues, load_dialogues
from ariigcn.models.base import ConversationModel
from ariigcn.models.bundle import load_bundle
from ariigcn.training.predict import predict, standardised

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
DRAWS = 3  # of the masked utterances, a seed and share; their scores are averaged


def write_missing(
    models: Sequence[Path], graph: Path, stores: Mapping[str, Path], out: Path
) -> None:
    """Score every seed of an experiment on the test split with modalities masked.

    Args:
        models: the seeds' bundles.
        graph: the graph they were trained on.
        stores: modality -> feature store, in the models' order.
        out: parquet, one row a seed, modality and share: experiment, seed, modality, share,
            utterances (masked), accuracy, weighted_f1.
    """
    dialogues = load_dialogues(graph, stores)
    rows = []
    for folder in models:
        head, model = load_bundle(folder)
        head.check_features(dialogues.headers)
        torch.set_num_threads(int(head.training.get("threads", 1)))
        named = {"experiment": head.training["experiment"], "seed": head.training["seed"]}
        rows += [named | row for row in missing_scores(model, dialogues, named["seed"])]
    write_table(pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False), {}, out)


def missing_scores(
    model: ConversationModel, dialogues: Dialogues, seed: int
) -> list[dict[str, object]]:
    """Test scores by modality and share of its usable test utterances that are masked.

    Args:
        model: in evaluation mode, on the CPU.
        dialogues: of the corpus, not standardised.
        seed: of the draws; larger shares mask what smaller ones do, and more.
    """
    test = dialogues.of_split("test")
    rows = dialogues.rows(test)
    if not len(test) or not (dialogues.label[rows] >= 0).any():
        return []
    whole = standardised(dialogues, model)
    complete = _scores(model, whole, test)

    def masked(modality: str, lost: Tensor) -> Dialogues:
        """What is lost counts in no speaker's mean either."""
        if modality in model.relate.normalise:
            return standardised(without(dialogues, modality, lost), model)
        return without(whole, modality, lost)

    found: list[dict[str, object]] = []
    for column, modality in enumerate(dialogues.modalities):
        usable = rows[dialogues.mask[rows, column]]
        generator = np.random.default_rng([seed, column])
        orders = [usable[generator.permutation(len(usable))] for _ in range(DRAWS)]
        for share in SHARES:
            count = round(share * len(usable))
            # Nothing and everything can be masked in one way only.
            drawn = orders[: 1 if count in (0, len(usable)) else None]
            scores = [
                _scores(model, masked(modality, order[:count]), test) if count else complete
                for order in drawn
            ]
            accuracy, weighted_f1 = np.mean(scores, axis=0).tolist()
            found.append(
                {
                    "modality": modality,
                    "share": share,
                    "utterances": count,
                    "accuracy": accuracy,
                    "weighted_f1": weighted_f1,
                }
            )
    return found


def without(dialogues: Dialogues, modality: str, rows: Tensor) -> Dialogues:
    """Dialogues with a modality masked in k utterances, rows int64 [k]."""
    column = dialogues.modalities.index(modality)
    mask, values = dialogues.mask.clone(), dialogues.x[modality].clone()
    mask[rows, column] = False
    values[rows] = 0
    return replace(dialogues, x={**dialogues.x, modality: values}, mask=mask)


def _scores(model: ConversationModel, dialogues: Dialogues, test: Tensor) -> tuple[float, float]:
    """Accuracy and weighted F1 on the labelled utterances of the test dialogues."""
    label = dialogues.label[dialogues.rows(test)].numpy()
    predicted = predict(model, dialogues, test).argmax(1).numpy()
    true, own = label[label >= 0], predicted[label >= 0]
    together = np.zeros(len(true), dtype=np.int64)
    classes = len(dialogues.graph.labels)
    counts: Floats = class_counts(true, own[None], together, classes, 1)[0, 0]
    return float(score_counts(counts, "accuracy")), float(score_counts(counts, "weighted_f1"))
