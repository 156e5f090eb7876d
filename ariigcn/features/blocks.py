"""Blocks: neighbouring utterances that are encoded together, each a small store of its own."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ariigcn.core.errors import DataError
from ariigcn.core.paths import ABSENT, file_trouble
from ariigcn.features.encoders.base import Clip
from ariigcn.features.outcome import FAILURES
from ariigcn.features.store import FeatureStore, Rows, Status, StoreHeader


@dataclass(frozen=True)
class Block:
    """Neighbouring utterances that are encoded, stored and, after a kill, repeated together."""

    clips: tuple[Clip, ...]
    path: Path

    def finished(self, header: StoreHeader) -> bool:
        """Whether an earlier run left this very block, whole, from this very encoder."""
        if not self.path.is_file():
            return False
        try:
            store = FeatureStore(self.path)
            ids = [clip.utterance_id for clip in self.clips]
            same = store.header == header and store.read().utterance_ids == ids
            return same and not self.is_back(store.status, header.modality)
        except DataError:
            return False

    def is_back(self, status: Sequence[Status], modality: str) -> bool:
        """Whether a file is there now that was not when the block was made: a disk mounted again."""
        lost = [c for c, s in zip(self.clips, status, strict=True) if s == Status.NO_FILE]
        paths = [clip.file(modality) for clip in lost]
        return any(path is not None and file_trouble(path) != ABSENT for path in paths)

    def failed(self) -> bool:
        """Whether a row of a finished block failed, or the block cannot be read."""
        try:
            return any(status in FAILURES for status in FeatureStore(self.path).status)
        except DataError:
            return True


def cut(clips: Sequence[Clip], size: int, folder: Path, recipe: list[Any]) -> list[Block]:
    """Clips in blocks of ``size``; a block's file is named by all that decides its values.

    Args:
        clips: of the whole corpus, in the table's order.
        size: clips a block; the last one may have fewer.
        folder: where the blocks are stored.
        recipe: what else decides the values, beside the clips: plain data.
    """
    blocks = []
    for start in range(0, len(clips), size):
        part = tuple(clips[start : start + size])
        facts = [recipe, [_facts(clip) for clip in part]]
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        blocks.append(Block(part, folder / f"{start:08d}.{digest[:24]}.h5"))
    return blocks


def _facts(clip: Clip) -> list[Any]:
    """What of a clip decides its vector; a file is identified by its size and time of change."""
    seen = []
    for path in (clip.media, clip.audio):
        if path is not None and not file_trouble(path):
            with suppress(OSError):
                stat = path.stat()
                seen.append([str(path), stat.st_size, stat.st_mtime_ns])
    return [*({**asdict(clip), "media": str(clip.media), "audio": str(clip.audio)}).values(), seen]


def shard_of(blocks: list[Block], shard: tuple[int, int]) -> list[Block]:
    """The blocks of one shard: neighbours, with at most one more or less than any other shard."""
    number, of = shard
    return blocks[len(blocks) * number // of : len(blocks) * (number + 1) // of]


def joined(blocks: Iterable[Block]) -> Iterator[Rows]:
    """The finished blocks in order."""
    for block in blocks:
        yield FeatureStore(block.path).read()
