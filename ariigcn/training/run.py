"""One training run: read, train, and write the bundle, the history and the predictions."""

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from ariigcn.core.balance import frequency_weights
from ariigcn.core.code import code_version
from ariigcn.core.errors import DataError
from ariigcn.core.files import remove, sha256_file
from ariigcn.core.storage import table_of, write_table
from ariigcn.corpora.table import SPLITS
from ariigcn.features.config import EncoderConfig, Normalisation
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import Dialogues
from ariigcn.models.bundle import BundleHead, save_bundle, told
from ariigcn.models.config import ModelConfig
from ariigcn.training.checks import check_memory, checked_dialogues
from ariigcn.training.config import TrainingConfig
from ariigcn.training.loop import Trainer


@dataclass(frozen=True)
class RunFiles:
    """Where a run writes; ``checkpoints`` lies outside every rule's outputs."""

    model: Path
    history: Path
    predictions: Path
    checkpoints: Path

    @classmethod
    def below(cls, folder: Path, checkpoints: Path | None = None) -> "RunFiles":
        """A run's files in a folder of its own."""
        return cls(
            folder / "model",
            folder / "history.parquet",
            folder / "predictions.parquet",
            checkpoints or folder / ".checkpoints",
        )


@dataclass(frozen=True)
class Run:
    """A run's inputs: one experiment, one seed; its stores are held to its encoders.

    ``normalise`` is how a modality's features are made relative to who speaks.
    """

    experiment: str
    seed: int
    graph_file: Path
    stores: Mapping[str, Path]
    graph: GraphConfig
    model: ModelConfig
    training: TrainingConfig
    encoders: Mapping[str, EncoderConfig] = field(default_factory=dict)
    normalise: Mapping[str, Normalisation] = field(default_factory=dict)

    def digest(self) -> str:
        """Digest of everything that decides the result; checkpoints carry it."""
        parts = {
            "code": code_version("ariigcn.training.run", *self.model.modules),
            "seed": self.seed,
            "files": [sha256_file(p) for p in (self.graph_file, *self.stores.values())],
            "model": self.model.model_dump(mode="json"),
            "training": self.training.deciding(),
            "normalise": {m: own.deciding() for m, own in self.relative.items()},
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def relative(self) -> dict[str, Normalisation]:
        """``normalise`` of the modalities for which it is asked."""
        return {m: own for m, own in self.normalise.items() if own.normalise != "none"}

    def head(self, dialogues: Dialogues) -> BundleHead:
        """What the run's model is, its network included, for the dialogues it is trained on."""
        return BundleHead(
            corpus=dialogues.graph.corpus,
            labels=dialogues.graph.labels,
            dimensions={m: x.shape[1] for m, x in dialogues.x.items()},
            relations=dialogues.graph.relations,
            graph=self.graph,
            model=self.model,
            features={m: told(header) for m, header in dialogues.headers.items()},
            training={"experiment": self.experiment, "seed": self.seed, **self.training.deciding()},
            normalise=self.relative,
            people=self._people(dialogues),
        )

    def _people(self, dialogues: Dialogues) -> tuple[str, ...]:
        """The speakers whose means the model is to hold: all of the training split, or none."""
        if all(own.normalise_over == "dialogue" for own in self.relative.values()):
            return ()
        graph, rows = dialogues.graph, dialogues.rows(dialogues.of_split("train"))
        return tuple(sorted({graph.people[person] for person in graph.person[rows.numpy()]}))


def train(run: Run, files: RunFiles) -> None:
    """Train one model and write everything that the evaluation needs.

    A run that was killed resumes from its last checkpoint and ends with the same bits.

    Raises:
        DataError: the run cannot start (:mod:`ariigcn.training.checks`), or its loss is not finite.
        StoppedError: it was asked to stop; its last checkpoint is kept.
    """
    head, trainer = fit(run, files.checkpoints)
    _write(run, files, head, trainer)
    if trainer.ranks.is_first:
        remove(files.checkpoints)


def fit(run: Run, checkpoints: Path) -> tuple[BundleHead, Trainer]:
    """Train one model, on everything but the labels of the test split.

    Args:
        run: what is trained, on what.
        checkpoints: folder of its checkpoints.

    Returns:
        the model's head, and the trainer, which holds the weights, the history and the dialogues.

    Raises:
        DataError, StoppedError: as :func:`train`.
    """
    torch.set_num_threads(run.training.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    device = choose_device(run.training.device)
    set_precision(run.training.precision)
    dialogues = checked_dialogues(run)
    check_memory(dialogues, run, device)
    seed_everything(run.seed)
    head = run.head(dialogues)
    model = head.build()
    model.class_weights.copy_(class_weights(dialogues, run.model.losses.class_weight_power))
    model.fit_statistics(dialogues)
    trainer = Trainer(model, dialogues, run.training, run.seed, device)
    trainer.fit(checkpoints, run.digest())
    return head, trainer


def seed_everything(seed: int) -> None:
    """Seed every global generator that a library may draw from; torch's is the one that is drawn."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def set_precision(precision: str) -> None:
    """Let a GPU round products to TF32 or forbid it, in recurrences too, whose default is to round."""
    rounded = precision != "float32"
    torch.set_float32_matmul_precision("high" if rounded else "highest")
    torch.backends.cudnn.allow_tf32 = rounded


def choose_device(name: str) -> torch.device:
    """The device to train on; ``auto`` takes a GPU where there is one.

    Raises:
        DataError: ``cuda`` is asked for, and there is no GPU.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise DataError("training.device is 'cuda', but torch sees no GPU; set it to 'auto'")
    return torch.device(name)


def class_weights(dialogues: Dialogues, power: float) -> Tensor:
    """A weight a class by its frequency in training, [C]."""
    return frequency_weights(dialogues.labels_of("train"), len(dialogues.graph.labels), power)


def _write(run: Run, files: RunFiles, head: BundleHead, trainer: Trainer) -> None:
    facts = {
        "corpus": head.corpus,
        "experiment": run.experiment,
        "seed": run.seed,
        "labels": list(head.labels),
        "modalities": list(head.dimensions),
        "selected_epoch": trainer.selection.epoch,
        "epochs": len(trainer.history),
    }
    model = trainer.selected_model()
    probabilities = trainer.predict(model)
    if not trainer.ranks.is_first:
        return
    write_table(predictions(trainer.dialogues, probabilities), facts, files.predictions)
    write_table(table_of(trainer.history), facts, files.history)
    save_bundle(files.model, head, model.cpu())


def predictions(dialogues: Dialogues, probabilities: Tensor) -> pa.Table:
    """One row an utterance, all splits: label, prediction, a probability a class, of [n, C]."""
    graph = dialogues.graph
    lengths = graph.dialogue_ptr[1:] - graph.dialogue_ptr[:-1]
    names = [*graph.labels, None]  # index -1: context only
    columns: dict[str, Any] = {
        "utterance_id": graph.utterance_ids,
        "dialogue_id": [
            d for d, n in zip(graph.dialogue_ids, lengths, strict=True) for _ in range(n)
        ],
        "split": [SPLITS[s] for s, n in zip(graph.split, lengths, strict=True) for _ in range(n)],
        "label": pa.array([names[i] for i in graph.label], pa.string()),
        "prediction": [names[i] for i in probabilities.argmax(1).tolist()],
    }
    for index, name in enumerate(graph.labels):
        columns[f"prob_{name}"] = probabilities[:, index].numpy()
    return pa.table(columns)
