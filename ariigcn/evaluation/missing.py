"""What is left of a model when modalities go missing at test time.

A masked utterance is treated as one whose clip was unusable: its mask is 0 and its features are
zero, so that the model's own stand-in takes their place, for its own label and for its neighbours.
One modality is masked by growing shares; and growing shares of all modalities at random, where each
utterance keeps one (as in GCNet, Lian et al., TPAMI 2023). There two simple fillings stand beside the
model's own: the training mean, and zeros.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from torch import Tensor

from ariigcn.core.logs import progress
from ariigcn.core.scores import score_counts, whole_counts
from ariigcn.core.storage import write_table
from ariigcn.evaluation.tables.frames import ANY, FILLED_BY
from ariigcn.graphs.dialogues import DialogueBatch, Dialogues, load_dialogues
from ariigcn.models.base import ConversationModel
from ariigcn.models.bundle import load_bundle
from ariigcn.training.config import FEATURES_MB
from ariigcn.training.predict import predict, standardised

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
RANDOM_SHARES = (0.0, 0.1, 0.3, 0.5, 0.7)  # at most what leaves each utterance one
DRAWS = 3  # of the masked utterances, a seed and share; their scores are averaged


def write_missing(
    models: Sequence[Path], graph: Path, stores: Mapping[str, Path], out: Path
) -> None:
    """Score every seed of an experiment on the test split with modalities masked.

    Args:
        models: the seeds' bundles.
        graph: the graph they were trained on.
        stores: modality -> feature store, in the models' order.
        out: parquet, one row a seed, modality (or :data:`ANY`), share and filling: experiment, seed,
            modality, share, filled_by, masked (how many), accuracy, weighted_f1.
    """
    dialogues = load_dialogues(graph, stores)
    rows = []
    total = len(models) * _row_count(dialogues)
    with progress("tests with modalities masked", total) as counter:
        for folder in models:
            head, model = load_bundle(folder, plugins=True)
            head.check_features(dialogues.headers)
            torch.set_num_threads(int(head.training.get("threads", 1)))
            named = {"experiment": head.training["experiment"], "seed": head.training["seed"]}
            for row in missing_scores(model, dialogues, named["seed"]):
                rows.append(named | row)
                counter.advance()
    write_table(pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False), {}, out)


def missing_scores(
    model: ConversationModel, dialogues: Dialogues, seed: int
) -> Iterator[dict[str, object]]:
    """Test scores by modality and share of its usable test utterances that are masked, one by one.

    Args:
        model: in evaluation mode, on the CPU.
        dialogues: of the corpus, not standardised.
        seed: of the draws; larger shares mask what smaller ones do, and more.
    """
    if not _row_count(dialogues):
        return
    rows = dialogues.rows(dialogues.of_split("test"))
    masked = _Masked(model, dialogues)
    for column, modality in enumerate(dialogues.modalities):
        usable = rows[dialogues.mask[rows, column]]
        generator = np.random.default_rng([seed, column])
        orders = [usable[generator.permutation(len(usable))] for _ in range(DRAWS)]
        for share in SHARES:
            count = round(share * len(usable))
            lost = [_lost(dialogues.mask, order[:count], column) for order in orders]
            yield masked.row(modality, share, lost, FILLED_BY[0])
    if len(dialogues.modalities) > 1:
        yield from _random_rows(masked, rows, seed)


def _row_count(dialogues: Dialogues) -> int:
    """How many scores :func:`missing_scores` gives a seed: none without a labelled test split."""
    rows = dialogues.rows(dialogues.of_split("test"))
    if not (dialogues.label[rows] >= 0).any():
        return 0
    several = len(dialogues.modalities) > 1
    at_random = sum(len(_fillings(share)) for share in random_shares(dialogues.mask[rows]))
    return len(dialogues.modalities) * len(SHARES) + several * at_random


def random_shares(present: Tensor) -> tuple[float, ...]:
    """Shares of what is present, bool [n, M], to mask so that each utterance keeps one modality.

    Those of :data:`RANDOM_SHARES` up to the largest possible one, which stands for all beyond it: two
    thirds of three modalities, half of two.
    """
    whole = int(present.sum())
    most = (whole - int(present.any(1).sum())) / max(whole, 1)
    return tuple(dict.fromkeys(min(share, most) for share in RANDOM_SHARES))


def _fillings(share: float) -> tuple[str, ...]:
    """What stands in for a share of modalities masked at random; where none is, all are alike."""
    return FILLED_BY if share else FILLED_BY[:1]


def _random_rows(masked: "_Masked", rows: Tensor, seed: int) -> Iterator[dict[str, object]]:
    """Scores with shares of all modalities of some utterances, int64 [n], masked at random."""
    present = masked.dialogues.mask[rows]
    whole = int(present.sum())
    ranks = _ranks(present, np.random.default_rng([seed, present.shape[1]]))
    for share in random_shares(present):
        lost = torch.zeros(DRAWS, *masked.dialogues.mask.shape, dtype=torch.bool)
        lost[:, rows] = ranks < round(share * whole)
        for filling in _fillings(share):
            yield masked.row(ANY, share, list(lost), filling)


def _ranks(present: Tensor, generator: np.random.Generator) -> Tensor:
    """In which order what is present, bool [n, M], is masked, a draw each: int64 [DRAWS, n, M].

    One modality an utterance, by lot, has a rank beyond all shares, and so has what is absent.
    """
    whole = int(present.sum())
    choice, turn = torch.from_numpy(generator.random((2, DRAWS, *present.shape)))
    stays = choice.masked_fill(~present, -1.0).argmax(2)
    turn = turn.masked_fill(~present, 2.0).scatter(2, stays[..., None], 2.0)
    ranks = turn.flatten(1).argsort(1).argsort(1).view_as(turn)
    return ranks.masked_fill(turn == 2.0, whole)


def _lost(mask: Tensor, rows: Tensor, column: int) -> Tensor:
    """Where a modality is masked in k utterances, rows int64 [k]: bool [N, M]."""
    lost = torch.zeros_like(mask)
    lost[rows, column] = True
    return lost


class _Masked:
    """A model's test scores on dialogues of which something is masked."""

    def __init__(self, model: ConversationModel, dialogues: Dialogues) -> None:
        self.model, self.dialogues = model, dialogues
        self.test = dialogues.of_split("test")
        self._whole = standardised(dialogues, model).held(FEATURES_MB)
        self._complete = _scores(model, self._whole, self.test)

    def row(
        self, modality: str, share: float, draws: Sequence[Tensor], filled_by: str
    ) -> dict[str, object]:
        """The mean score over draws of what is masked, bool [N, M] each."""
        # Nothing and everything can be masked in one way only.
        different = list({lost.numpy().tobytes(): lost for lost in draws}.values())
        scores = [
            self._score(lost, filled_by) if lost.any() else self._complete for lost in different
        ]
        accuracy, weighted_f1 = np.mean(scores, axis=0).tolist()
        return {
            "modality": modality,
            "share": share,
            "filled_by": filled_by,
            "masked": round(float(np.mean([int(lost.sum()) for lost in different]))),
            "accuracy": accuracy,
            "weighted_f1": weighted_f1,
        }

    def _score(self, lost: Tensor, filled_by: str) -> tuple[float, float]:
        return _scores(self.model, self._filled(lost, filled_by), self.test)

    def _filled(self, lost: Tensor, filled_by: str) -> Dialogues:
        """The dialogues with what is lost replaced; what is lost counts in no speaker's mean either."""
        model = self.model
        if filled_by == "mean":  # that of the training split, which is zero once standardised
            return replace(without(self._whole, lost), mask=self._whole.mask)
        if filled_by == "zeros":
            return standardised(
                replace(without(self.dialogues, lost), mask=self.dialogues.mask), model
            )
        if model.relate.normalise:
            return standardised(without(self.dialogues, lost), model)
        return without(self._whole, lost)


def without(dialogues: Dialogues, lost: Tensor) -> Dialogues:
    """Dialogues without what is lost, bool [N, M], in the order of their modalities."""

    def blanked(batch: DialogueBatch) -> Mapping[str, Tensor]:
        here = lost[batch.rows]
        return {
            modality: values.masked_fill(here[:, column, None], 0)
            for column, (modality, values) in enumerate(batch.x.items())
        }

    return replace(dialogues.prepared(blanked), mask=dialogues.mask & ~lost)


def _scores(model: ConversationModel, dialogues: Dialogues, test: Tensor) -> tuple[float, float]:
    """Accuracy and weighted F1 on the labelled utterances of the test dialogues."""
    label = dialogues.label[dialogues.rows(test)].numpy()
    predicted = predict(model, dialogues, test).argmax(1).numpy()
    true, own = label[label >= 0], predicted[label >= 0]
    counts = whole_counts(true, own, len(dialogues.graph.labels))
    return float(score_counts(counts, "accuracy")), float(score_counts(counts, "weighted_f1"))
