"""Utterances as the network learns from them: read once, then dealt in batches of like length."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

import torch
from torch.utils.data import Dataset, Sampler

from ariigcn.corpora.table import Corpus
from ariigcn.features.clips import clips_of
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.text_reading import LENGTH_STEP, Reader, Reading
from ariigcn.finetune.config import Parameters
from ariigcn.finetune.network import Batch

# Batches whose utterances are sorted by length together: more pad less, fewer mix more.
POOL = 50


@dataclass(frozen=True)
class Example:
    """An utterance as the model reads it, and the index of its emotion."""

    reading: Reading
    label: int


class Examples(Dataset[Example]):
    """The labelled utterances with words of some dialogues."""

    def __init__(self, corpus: Corpus, rows: Sequence[int], clips: Sequence[Clip], reader: Reader):
        emotions = corpus.utterances["emotion"].tolist()
        number = {name: index for index, name in enumerate(corpus.labels)}
        self.items = [
            Example(reader.read(clips[row]), number[emotions[row]])
            for row in rows
            if emotions[row] in number and clips[row].has_words
        ]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Example:
        return self.items[index]

    @property
    def labels(self) -> torch.Tensor:
        """Every utterance's label, [N]."""
        return torch.tensor([item.label for item in self.items], dtype=torch.long)


def text_clips(corpus: Corpus, parameters: Parameters) -> list[Clip]:
    """Every utterance of a corpus with as much around it as the encoder reads."""
    texts = replace(corpus, utterances=corpus.utterances.assign(media=None, audio=None))
    return clips_of(texts, Path("/"), parameters)


class Shuffled(Sampler[list[int]]):
    """Batches of like length in an order that the seed and the epoch decide.

    Args:
        lengths: tokens of each utterance.
        batch: utterances a batch.
        seed: of the order.

    Attributes:
        epoch: the one that comes, from 0.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self.lengths, self.batch, self.seed, self.epoch = lengths, batch, seed, 0

    def __len__(self) -> int:
        return ceil(len(self.lengths) / self.batch)

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        order = torch.randperm(len(self.lengths), generator=generator).tolist()
        step = self.batch * POOL
        pools = [sorted(order[i : i + step], key=self._length) for i in range(0, len(order), step)]
        ordered = [row for pool in pools for row in pool]
        dealt = [ordered[i : i + self.batch] for i in range(0, len(ordered), self.batch)]
        for number in torch.randperm(len(dealt), generator=generator).tolist():
            yield dealt[number]

    def _length(self, row: int) -> int:
        return self.lengths[row]


def collate(examples: Sequence[Example], reader: Reader) -> Batch:
    """Examples as a padded batch with its labels."""
    longest = max(len(example.reading) for example in examples)
    length = min(-(-longest // LENGTH_STEP) * LENGTH_STEP, reader.limit)
    batch = reader.padded([example.reading for example in examples], length)
    return {**batch, "labels": torch.tensor([example.label for example in examples])}


def rows_of(corpus: Corpus, split: str, folds: Mapping[str, int], fold: int) -> list[int]:
    """The rows of a split whose dialogue is not in a fold."""
    table = corpus.utterances
    pairs = zip(table["split"], table["dialogue_id"], strict=True)
    return [n for n, (part, d) in enumerate(pairs) if part == split and folds.get(d) != fold]
