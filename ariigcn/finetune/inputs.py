"""Utterances as the network learns from them: read once, then dealt in batches of like size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.utils.data import Dataset, Sampler

from ariigcn.corpora.table import Corpus
from ariigcn.features.around import Around
from ariigcn.features.clips import clips_of
from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.encoders.steps import TwoStepEncoder
from ariigcn.features.store import Status
from ariigcn.finetune.config import Learning
from ariigcn.finetune.kind import Kind
from ariigcn.finetune.network import Batch

# Batches whose utterances are sorted by size together: more pad less, fewer mix more.
POOL = 50


class Reads(Protocol):
    """What was read of every utterance of a table, and why nothing was of some."""

    @property
    def status(self) -> Sequence[Status]:
        """Of each row."""
        ...

    @property
    def messages(self) -> Sequence[str]:
        """Of each row."""
        ...

    def __getitem__(self, row: int) -> Any:
        """What was read of a row whose status is ok."""
        ...


class Held:
    """What was read of some clips, in memory: :class:`Reads` of text.

    Args:
        encoder: what reads them.
        clips: a row each.
    """

    def __init__(self, encoder: TwoStepEncoder, clips: Sequence[Clip]) -> None:
        self.status: list[Status] = []
        self.messages: list[str] = []
        self._read: dict[int, Any] = {}
        for row, clip in enumerate(clips):
            status = Status.OK
            try:
                self._read[row], message = encoder.read(clip)
            except ClipError as error:
                status, message = error.status, error.message
            self.status.append(status)
            self.messages.append(message)

    def __getitem__(self, row: int) -> Any:
        return self._read[row]


@dataclass(frozen=True)
class Example:
    """What the model reads of an utterance, and the index of its emotion."""

    read: Any
    label: int


class Examples(Dataset[Example]):
    """The labelled utterances of some rows of which something was read.

    Args:
        corpus: the utterance table.
        rows: of it.
        reads: of all of it.
        kind, parameters: how much of each is learned from.

    Attributes:
        labels: of each, int64 [N].
        sizes: of each.
    """

    def __init__(
        self, corpus: Corpus, rows: Sequence[int], reads: Reads, kind: Kind, parameters: Learning
    ) -> None:
        emotions = corpus.utterances["emotion"].tolist()
        number = {name: index for index, name in enumerate(corpus.labels)}
        self._reads, self._kind, self._parameters = reads, kind, parameters
        self._rows = [
            row for row in rows if emotions[row] in number and reads.status[row] == Status.OK
        ]
        self.labels = torch.tensor([number[emotions[row]] for row in self._rows], dtype=torch.long)
        self.sizes = [kind.size(self._read(row)) for row in self._rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Example:
        return Example(self._read(self._rows[index]), int(self.labels[index]))

    def _read(self, row: int) -> Any:
        return self._kind.shortened(self._reads[row], self._parameters)


def table_clips(corpus: Corpus, parameters: Learning) -> list[Clip]:
    """Every utterance of a corpus with as much text around it as the encoder reads, without its media."""
    texts = replace(corpus, utterances=corpus.utterances.assign(media=None, audio=None))
    return clips_of(texts, Path("/"), Around.of(parameters.model_dump()))


class Shuffled(Sampler[list[int]]):
    """Batches of like size in an order that the seed and the epoch decide.

    Args:
        sizes: of each utterance.
        batch: utterances a batch.
        seed: of the order.

    Attributes:
        epoch: the one that comes, from 0.
    """

    def __init__(self, sizes: Sequence[int], batch: int, seed: int) -> None:
        self.sizes, self.batch, self.seed, self.epoch = sizes, batch, seed, 0

    def __len__(self) -> int:
        return ceil(len(self.sizes) / self.batch)

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        order = torch.randperm(len(self.sizes), generator=generator).tolist()
        step = self.batch * POOL
        pools = [sorted(order[i : i + step], key=self._size) for i in range(0, len(order), step)]
        ordered = [row for pool in pools for row in pool]
        dealt = [ordered[i : i + self.batch] for i in range(0, len(ordered), self.batch)]
        for number in torch.randperm(len(dealt), generator=generator).tolist():
            yield dealt[number]

    def _size(self, row: int) -> int:
        return self.sizes[row]


@dataclass(frozen=True)
class Collate:
    """Examples to a padded batch with its labels.

    Args:
        kind: of the modality.
        encoder: the base, by which inputs are padded.
    """

    kind: Kind
    encoder: Any

    def __call__(self, examples: Sequence[Example]) -> Batch:
        """The batch, labels int64 [B]."""
        batch = self.kind.collate(self.encoder, [example.read for example in examples])
        return {**batch, "labels": torch.tensor([example.label for example in examples])}


def rows_of(corpus: Corpus, split: str, folds: Mapping[str, int], fold: int) -> list[int]:
    """The rows of a split whose dialogue is not in a fold."""
    table = corpus.utterances
    pairs = zip(table["split"], table["dialogue_id"], strict=True)
    return [n for n, (part, d) in enumerate(pairs) if part == split and folds.get(d) != fold]
