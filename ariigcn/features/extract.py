"""Extraction: every utterance of a table through one modality's encoder, into one store.

Utterances are worked through in blocks, several processes at a time. Each finished block is a small
store of its own in a hidden folder beside the result; at the end they are joined in the table's
order. A killed run therefore loses at most the blocks in work, and neither the number of workers
nor an interruption leaves a trace in the result's bytes. One that is asked to stop drops the blocks
in work at once: a block may take minutes, and a scheduler's patience is seconds.

A corpus may be worked through in shards, whole blocks each, by as many jobs; :func:`merge` joins
their stores to the very bytes that one job would have written.

Each modality opens and decodes the clips by itself, so that a changed audio parameter never touches
video. The price is small, since a decoder sees its own stream's packets only: of 940 ms CPU that a
clip of 3 s at 720p takes in both modalities (eGeMAPS; eight frames), 40 ms decode sound and 145 ms
decode pictures, and opening the file once instead of twice would save 25 ms.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ariigcn.core.code import code_version
from ariigcn.core.errors import DataError
from ariigcn.core.files import remove
from ariigcn.core.modality import Modality
from ariigcn.core.paths import printable
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.features.around import Around
from ariigcn.features.blocks import Block, cut, joined, shard_of
from ariigcn.features.cache import Cache
from ariigcn.features.clips import check_root, clips_of
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.encoders.registry import encoder_module
from ariigcn.features.outcome import Outcome
from ariigcn.features.store import FeatureStore, Rows, Status, write_store
from ariigcn.features.workers import Workers

logger = logging.getLogger(__name__)


def extract(
    table: Path,
    media_root: Path,
    out: Path,
    features: EncoderConfig,
    *,
    block: int = 64,
    timeout_s: float = 120.0,
    workers: int = 1,
    shard: tuple[int, int] = (0, 1),
    cache: Path | None = None,
    max_failed_share: float = 0.5,
    workers_per_gpu: int = 2,
    at_least_one: bool = True,
    watch: Callable[[float], None] | None = None,
) -> None:
    """Encode a corpus in one modality.

    Args:
        table: utterance table.
        media_root: folder that the table's media paths are relative to.
        out: the feature store to write.
        features: modality, encoder and its parameters.
        block: utterances a block.
        timeout_s: seconds after which a clip counts as failed.
        workers: processes; each runs on one thread.
        workers_per_gpu: at most so many of them share a GPU, where the encoder computes on one.
        at_least_one: whether it is an error where no row can be used; a training has no use for it.
        watch: told of the share of the rows that are finished, after each block.
        shard: which part of the blocks, from 0, and of how many.
        cache: folder of results by content; None: none are looked up or kept.
        max_failed_share: more failures than this are an error, a share of the rows that name
            something. A shard is not held to it: :func:`merge` looks at all of them.

    Raises:
        DataError: the table is not valid, or names media outside ``media_root``; there are no media
            at all; no row can be used, or too many failed. Finished blocks are kept, those with
            failures are made again.
        StoppedError: SIGTERM or SIGUSR1 came; finished blocks are kept.
    """
    table, media_root, out = Path(table), Path(media_root), Path(out)
    corpus = read_corpus(table)
    clips = clips_of(corpus, media_root, Around.of(features.parameters))
    if features.modality != "text":
        check_root(media_root, clips)
    folder = out.with_name(f".{out.name}.blocks")
    blocks = shard_of(cut(clips, block, folder, _recipe(corpus, features)), shard)
    part = "" if shard[1] == 1 else f", shard {shard[0] + 1} of {shard[1]}"
    what = f"{corpus.name}: {features.modality} features{part}"
    with Workers(features, workers, timeout_s, workers_per_gpu) as pool:
        header = pool.describe(corpus.name, features)

        def write(block: Block, results: Sequence[Encoded]) -> int:
            rows = rows_of(block.clips, results, header.dimension)
            write_store(block.path, header, [rows])
            return int((~rows.mask).sum())

        pool.work_through(
            blocks,
            what,
            finished=lambda block: block.finished(header),
            write=write,
            cache=None if cache is None else Cache.of(cache, header, _code(features)),
            watch=watch,
        )
    count = sum(len(block.clips) for block in blocks)
    outcome = Outcome(what, features.modality, media_root, max_failed_share)
    outcome.where = _where(clips, features.modality)
    outcome.at_least_one = at_least_one
    try:
        write_store(out, header, outcome.watch(joined(blocks), check=shard[1] == 1), count)
    except DataError:
        for bad in filter(Block.failed, blocks):
            remove(bad.path)
        raise
    remove(folder)
    logger.info("%s: %s", what, outcome)


def merge(
    shards: Sequence[Path],
    out: Path,
    *,
    media_root: Path,
    max_failed_share: float = 0.5,
    at_least_one: bool = True,
) -> None:
    """Join the stores of a corpus's shards, in their order, holding a thousand rows at a time.

    Args:
        shards: their stores.
        out: the feature store to write.
        media_root: folder that the files were looked for in, for the errors.
        max_failed_share, at_least_one: as for :func:`extract`, over all shards.

    Raises:
        DataError: a shard is damaged, or made by another encoder than the first; no row can be
            used, or too many failed.
    """
    count = 0
    for path in shards:
        store, first = FeatureStore(path), FeatureStore(shards[0])
        if store.header != first.header:
            raise DataError(
                f"{path}: made by another encoder than {shards[0]}; remove both and run again"
            )
        header, count = store.header, count + len(store)

    def rows() -> Iterator[Rows]:
        for path in shards:
            yield from FeatureStore(path).blocks(1024)

    outcome = Outcome(
        f"{header.corpus}: {header.modality} features",
        header.modality,  # type: ignore[arg-type]
        media_root,
        max_failed_share,
        mend=f"remove {shards[0].parent} and run the same command again",
        at_least_one=at_least_one,
    )
    write_store(out, header, outcome.watch(rows()), count)
    logger.info("%s: %s; %d rows from %d shards", out, outcome, count, len(shards))


def _where(clips: Sequence[Clip], modality: Modality) -> Callable[[str], str]:
    """An utterance's id -> the path that its file was looked for at."""

    def path_of(utterance_id: str) -> str:
        path = next(c.file(modality) for c in clips if c.utterance_id == utterance_id)
        return "" if path is None else f" ({printable(str(path))})"

    return path_of


def rows_of(clips: Sequence[Clip], results: Sequence[Encoded], dimension: int) -> Rows:
    """Results as rows of a store; what is not finite is not evidence."""
    values = np.zeros((len(clips), dimension), np.float32)
    status, messages = [], []
    for number, result in enumerate(results):
        state, message = result.status, result.message
        if result.values is not None and state == Status.OK:
            if np.isfinite(result.values).all():
                values[number] = result.values
            else:
                state, message = Status.FAILED, "the encoder gave values that are not finite"
        status.append(state)
        messages.append(printable(message))
    return Rows([clip.utterance_id for clip in clips], values, status, messages)


def _recipe(corpus: Corpus, features: EncoderConfig) -> list[Any]:
    """What else decides a block's values, beside its rows."""
    facts = [corpus.name, features.modality, features.encoder, features.parameters]
    return [*facts, code_version("ariigcn.features.extract"), _code(features)]


def _code(features: EncoderConfig) -> str:
    """The version of the encoder's own code."""
    return code_version(encoder_module(features.modality, features.encoder))
