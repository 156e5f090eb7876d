"""Rule ``decode``: the clips of a corpus, read as an encoder that is to be fine-tuned wants them.

Extraction's workers do it, so that a broken file costs its own row and no more, and a killed run goes on
from its last block. The labels of no split are looked at.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ariigcn.core.code import code_version
from ariigcn.core.errors import DataError
from ariigcn.core.files import remove
from ariigcn.corpora.table import read_corpus
from ariigcn.features.blocks import Block, cut
from ariigcn.features.clips import check_root, clips_of
from ariigcn.features.encoders.base import Encoded
from ariigcn.features.encoders.registry import FINETUNED, encoder_module
from ariigcn.features.outcome import FAILURES, Outcome
from ariigcn.features.store import Rows
from ariigcn.features.workers import Workers
from ariigcn.finetune.config import Learning
from ariigcn.finetune.decoded import Decoded, Part, write_decoded
from ariigcn.finetune.decoder import decoder_of

logger = logging.getLogger(__name__)
BLOCK = 16  # clips: what a killed run repeats, at most, a worker


def decode(
    table: Path,
    media_root: Path,
    out: Path,
    parameters: Learning,
    *,
    workers: int = 1,
    timeout_s: float = 120.0,
    max_failed_share: float = 0.5,
) -> None:
    """Read every clip of a table.

    Args:
        table: utterance table.
        media_root: folder that the table's media paths are relative to.
        out: the file to write, see :mod:`ariigcn.finetune.decoded`.
        parameters: of the fine-tuned encoder.
        workers: processes.
        timeout_s: seconds after which a clip counts as failed.
        max_failed_share: more failures than this are an error, a share of the rows that name a file.

    Raises:
        DataError: the base's folder does not say what it reads; there are no media; no row can be used,
            or too many failed. Finished blocks are kept, those with failures are made again.
        StoppedError: it was asked to stop; finished blocks are kept.
    """
    corpus = read_corpus(table)
    clips, features = clips_of(corpus, media_root), decoder_of(parameters)
    check_root(media_root, clips)
    own = encoder_module(parameters.modality, FINETUNED)
    recipe = [corpus.name, features.parameters, code_version(__name__, own)]
    folder = out.with_name(f".{out.name}.blocks")
    blocks = cut(clips, BLOCK, folder, recipe)
    facts = parameters.decoding()
    what = f"{corpus.name}: {parameters.modality} to fine-tune on"
    with Workers(features, workers, timeout_s) as pool:
        pool.describe(corpus.name, features)
        pool.work_through(
            blocks,
            what,
            finished=lambda block: _finished(block, parameters.modality),
            write=lambda block, results: _write(block, results, facts),
        )
    outcome = Outcome(what, parameters.modality, media_root, max_failed_share)
    try:
        entries, like = _judged(blocks, outcome)
    except DataError:
        for block in [block for block in blocks if _failed(block)]:
            remove(block.path)
        raise
    write_decoded(out, facts, (Decoded(b.path).part() for b in blocks), entries, like)
    remove(folder)
    logger.info("%s: %s", what, outcome)


def _write(block: Block, results: Sequence[Encoded], facts: dict[str, Any]) -> int:
    """Keep a block's results; how many of them are of no use."""
    part = Part.of(block.clips, results)
    read = [own for own in part.read if own is not None]
    like = read[0] if read else np.zeros((0,), np.float32)
    write_decoded(block.path, facts, [part], sum(map(len, read)), like)
    return len(results) - len(read)


def _judged(blocks: Sequence[Block], outcome: Outcome) -> tuple[int, Any]:
    """How many entries the blocks have, and what one is like; raises where too many rows failed."""
    found: list[tuple[int, Any]] = []

    def rows() -> Iterator[Rows]:
        for block in blocks:
            own = Decoded(block.path)
            found.append((own.entries, own.like))
            yield own.part().rows

    for _ in outcome.watch(rows()):
        pass
    like = next(like for entries, like in found if entries)
    return sum(entries for entries, _ in found), like


def _finished(block: Block, modality: str) -> bool:
    """Whether an earlier run left this block whole, no row of it failed, and no file has come back."""
    if not block.path.is_file() or _failed(block):
        return False
    return not block.is_back(Decoded(block.path).status, modality)


def _failed(block: Block) -> bool:
    try:
        return any(status in FAILURES for status in Decoded(block.path).status)
    except DataError:
        return True
