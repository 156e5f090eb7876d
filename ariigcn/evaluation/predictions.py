"""Stored predictions of an experiment's seeds, as arrays that the statistics work on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.core.scores import Floats, Integers, class_counts
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.table import SPLITS
from ariigcn.evaluation.run_files import read_run_table


@dataclass(frozen=True)
class Predictions:
    """The labelled utterances of one split: n utterances, S seeds, C classes, D dialogues.

    Shapes:
        utterance_ids [n]; dialogue [n], from 0; true [n]; predicted [S, n]; probabilities [S, n, C].
    """

    experiment: str
    modalities: tuple[str, ...]
    labels: tuple[str, ...]
    seeds: tuple[int, ...]
    utterance_ids: NDArray[np.object_]
    dialogue: Integers
    true: Integers
    predicted: Integers
    probabilities: Floats

    @property
    def dialogues(self) -> int:
        """D, the number of dialogues that have a labelled utterance."""
        return int(self.dialogue.max(initial=-1)) + 1

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each seed is right, [S, n]."""
        return self.predicted == self.true

    @property
    def confidence(self) -> Floats:
        """Each seed's probability of its prediction, [S, n]."""
        return np.take_along_axis(self.probabilities, self.predicted[..., None], axis=2)[..., 0]

    def counts(self) -> Floats:
        """Hits, predictions and labels a dialogue, seed and class, [D, S, 3, C]."""
        return class_counts(
            self.true, self.predicted, self.dialogue, len(self.labels), self.dialogues
        )

    def of_seeds(self, seeds: Sequence[int]) -> "Predictions":
        """The same utterances as some of the seeds predict them, in the given order."""
        rows = [self.seeds.index(seed) for seed in seeds]
        return replace(
            self,
            seeds=tuple(seeds),
            predicted=self.predicted[rows],
            probabilities=self.probabilities[rows],
        )

    def of_rows(self, chosen: NDArray[np.bool_] | Integers) -> "Predictions":
        """Some utterances, by bool [n] or by their rows; dialogues without any of them are gone."""
        return replace(
            self,
            utterance_ids=self.utterance_ids[chosen],
            dialogue=np.unique(self.dialogue[chosen], return_inverse=True)[1],
            true=self.true[chosen],
            predicted=self.predicted[:, chosen],
            probabilities=self.probabilities[:, chosen],
        )


def read_predictions(files: Sequence[Path], split: str = "test") -> Predictions:
    """Read the seeds of one experiment.

    Args:
        files: ``predictions.parquet`` of each seed.
        split: the split of which to read: ``train``, ``validation`` or ``test``.

    Raises:
        DataError: a file is not a run's, a seed is there twice, or the seeds are not of the same
            utterances and labels.
        ValueError: there is no such split.
    """
    if split not in SPLITS:
        raise ValueError(unknown_name(split, list(SPLITS), "split"))
    tables = [read_run_table(file) for file in files]
    if not tables:
        raise DataError("an experiment has no seeds; train at least one")
    seeds = [head["seed"] for _, head in tables]
    for file, seed in zip(files, seeds, strict=True):
        if seeds.count(seed) > 1:
            raise DataError(f"{file}: seed {seed} is there twice; remove the copy of its folder")
    kept = [frame[(frame["split"] == split) & frame["label"].notna()] for frame, _ in tables]
    head, rows = tables[0][1], kept[0]
    labels = tuple(head["labels"])
    for file, frame, (_, other) in zip(files, kept, tables, strict=True):
        same = tuple(other["labels"]) == labels and all(
            frame[name].tolist() == rows[name].tolist() for name in ("utterance_id", "label")
        )
        if not same:
            raise DataError(f"{file} and {files[0]} have different utterances; train again")
    index = {label: i for i, label in enumerate(labels)}
    columns = [f"prob_{label}" for label in labels]
    _, dialogue = np.unique(rows["dialogue_id"].to_numpy(dtype=object), return_inverse=True)
    return Predictions(
        experiment=head["experiment"],
        modalities=tuple(head["modalities"]),
        labels=labels,
        seeds=tuple(seeds),
        utterance_ids=rows["utterance_id"].to_numpy(dtype=object),
        dialogue=dialogue.astype(np.int64),
        true=rows["label"].map(index).to_numpy(dtype=np.int64),
        predicted=np.stack([f["prediction"].map(index).to_numpy(dtype=np.int64) for f in kept]),
        probabilities=np.stack([f[columns].to_numpy(dtype=np.float64) for f in kept]),
    )


def check_same(predictions: Sequence[Predictions]) -> None:
    """Check that experiments were tested on the same utterances with the same labels.

    Raises:
        DataError: two of them were not.
    """
    first = predictions[0]
    for other in predictions[1:]:
        same_rows = np.array_equal(other.utterance_ids, first.utterance_ids)
        same_rows = same_rows and np.array_equal(other.dialogue, first.dialogue)
        if other.labels != first.labels or not (same_rows and (other.true == first.true).all()):
            raise DataError(
                f"{other.experiment} and {first.experiment} were tested on different "
                "utterances; train both again"
            )
