"""Extraction: every utterance of a table through one modality's encoder, into one store.

Utterances are worked through in blocks, several processes at a time. Each finished block is a small
store of its own in a hidden folder beside the result; at the end they are joined in the table's
order. A killed run therefore loses at most the blocks in work, and neither the number of workers
nor an interruption leaves a trace in the result's bytes. One that is asked to stop drops the blocks
in work at once: a block may take minutes, and a scheduler's patience is seconds.

A clip that crashes or hangs its decoder takes its process down; the block's clips are then tried one
by one, so that it costs its own row and no other.

Each modality opens and decodes the clips by itself, so that a changed audio parameter never touches
video. The price is small, since a decoder sees its own stream's packets only: of 940 ms CPU that a
clip of 3 s at 720p takes in both modalities (eGeMAPS; eight frames), 40 ms decode sound and 145 ms
decode pictures, and opening the file once instead of twice would save 25 ms.
"""

import hashlib
import json
import logging
import sys
from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from pebble import ProcessExpired, ProcessPool

from ariigcn.core.code import code_version
from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import remove
from ariigcn.core.logs import progress
from ariigcn.core.signals import STOP_SIGNALS, StoppedError, StopRequest
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoder import Clip, Encoded, Encoder
from ariigcn.features.registry import encoder_module, load_encoder
from ariigcn.features.store import Rows, Status, StoreHeader, open_store, write_store

logger = logging.getLogger(__name__)
# What a block may take beyond one clip's time limit: decoding and encoding of an ordinary clip.
SECONDS_PER_CLIP = 2.0
# How soon a request to stop is seen.
LOOK_EVERY_S = 0.5
KEPT = "finished blocks are kept"
# A worker's own handler exits with the signal's number; without one, the signal kills it.
STOPPED_EXITS = {sign * s for s in STOP_SIGNALS for sign in (1, -1)}


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
            with open_store(self.path) as store:
                ids = [clip.utterance_id for clip in self.clips]
                return store.header == header and store.read().utterance_ids == ids
        except DataError:
            return False


def extract(
    table: Path,
    media_root: Path,
    out: Path,
    features: EncoderConfig,
    *,
    block: int = 64,
    timeout_s: float = 120.0,
    workers: int = 1,
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

    Raises:
        DataError: the table is not valid, or names media outside ``media_root``.
        StoppedError: SIGTERM or SIGUSR1 came; finished blocks are kept.
    """
    table, media_root, out = Path(table), Path(media_root), Path(out)
    corpus = read_corpus(table)
    clips = clips_of(corpus, media_root, features.parameters.get("context_utterances", 0))
    folder = out.with_name(f".{out.name}.blocks")
    blocks = _cut(clips, block, folder, _recipe(corpus, features))
    what = f"{corpus.name}: {features.modality} features"
    with Workers(features, workers, timeout_s) as pool:
        header = pool.describe(corpus.name, features)
        waiting = [b for b in blocks if not b.finished(header)]
        done = len(clips) - sum(len(b.clips) for b in waiting)
        with progress(what, len(clips), done) as counter, StopRequest() as stop:
            for finished, results in pool.encode(waiting, stop):
                rows = _rows(finished.clips, results, header.dimension)
                write_store(finished.path, header, [rows])
                counter.advance(len(rows), failed=int((~rows.mask).sum()))
    tally: Tally[Status] = Tally()
    write_store(out, header, _joined(blocks, tally))
    remove(folder)
    logger.info("%s: %s", what, ", ".join(f"{n} {status}" for status, n in tally.most_common()))


def clips_of(corpus: Corpus, media_root: Path, context: int = 0) -> list[Clip]:
    """The table's rows as clips, their media resolved below ``media_root``.

    Each is given the texts of up to ``context`` utterances before it in its dialogue.
    """
    root = media_root.resolve()
    said: dict[str, deque[str]] = {}
    clips, outside = [], []

    def resolved(name: str, path: Any) -> Path | None:
        if not isinstance(path, str):
            return None
        there = (root / path).resolve()
        if not there.is_relative_to(root):
            outside.append(f"{name}: {path} leads to {there}")
        return there

    for row in corpus.utterances.itertuples(index=False):
        side = getattr(row, "video_side", None)
        before = said.setdefault(str(row.dialogue_id), deque(maxlen=context))
        clips.append(
            Clip(
                utterance_id=str(row.utterance_id),
                text=row.text if isinstance(row.text, str) else None,
                media=resolved(str(row.utterance_id), row.media),
                start_s=_number(row.start_s),
                end_s=_number(row.end_s),
                audio=resolved(str(row.utterance_id), getattr(row, "audio", None)),
                video_side=side if side in ("left", "right") else None,
                context=tuple(before),
            )
        )
        before.append(row.text if isinstance(row.text, str) else "")
    if outside:
        raise DataError(
            problem_list(f"media outside {root}; move them there or name their folder", outside)
        )
    return clips


def _number(value: Any) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _recipe(corpus: Corpus, features: EncoderConfig) -> list[Any]:
    """What else decides a block's values, beside its rows."""
    module = encoder_module(features.modality, features.encoder)
    return [
        corpus.name,
        features.modality,
        features.encoder,
        features.parameters,
        code_version(module, __name__),
    ]


def _cut(clips: Sequence[Clip], size: int, folder: Path, recipe: list[Any]) -> list[Block]:
    blocks = []
    for start in range(0, len(clips), size):
        part = tuple(clips[start : start + size])
        facts = [recipe, [_facts(clip) for clip in part]]
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        blocks.append(Block(part, folder / f"{start:08d}.{digest[:24]}.h5"))
    return blocks


def _facts(clip: Clip) -> list[Any]:
    """What of a clip decides its vector; a file is told by its size and time of change."""
    seen = []
    for path in (clip.media, clip.audio):
        if path is not None and path.is_file():
            stat = path.stat()
            seen.append([str(path), stat.st_size, stat.st_mtime_ns])
    return [*({**asdict(clip), "media": str(clip.media), "audio": str(clip.audio)}).values(), seen]


def _rows(clips: Sequence[Clip], results: Sequence[Encoded], dimension: int) -> Rows:
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
        messages.append(message)
    return Rows([clip.utterance_id for clip in clips], values, status, messages)


def _joined(blocks: Iterable[Block], tally: "Tally[Status]") -> Iterator[Rows]:
    """The finished blocks in order; counts their statuses on the way."""
    for block in blocks:
        with open_store(block.path) as store:
            rows = store.read()
        tally.update(rows.status)
        yield rows


class Workers:
    """Processes that hold the encoder; one that dies is replaced."""

    def __init__(self, features: EncoderConfig, workers: int, timeout_s: float) -> None:
        self.workers, self.timeout_s = workers, timeout_s
        module = encoder_module(features.modality, features.encoder)
        self._pool = ProcessPool(
            max_workers=workers,
            initializer=_load,
            initargs=(module, features.modality, features.parameters),
            context=get_context("spawn"),
        )

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.stop()
        self._pool.join()

    def describe(self, corpus: str, features: EncoderConfig) -> StoreHeader:
        """The store's header, as the loaded encoder tells it; raises what loading it raised."""
        facts: dict[str, Any] = self._pool.schedule(_describe).result()
        return StoreHeader(
            corpus=corpus,
            modality=features.modality,
            encoder=features.encoder,
            parameters=features.parameters,
            **facts,
        )

    def encode(
        self, blocks: Iterable[Block], stop: StopRequest
    ) -> Iterator[tuple[Block, list[Encoded]]]:
        """Each block with its results, in the order in which they are finished."""
        waiting, running = deque(blocks), dict[Future[list[Encoded]], Block]()
        while waiting or running:
            # One block more than there are workers, so that none of them waits for this loop.
            while waiting and len(running) <= self.workers:
                block = waiting.popleft()
                running[self._submit(block.clips)] = block
            stop.check(KEPT)
            for future in wait(running, LOOK_EVERY_S, FIRST_COMPLETED).done:
                block = running.pop(future)
                yield block, self._results(future, block, stop)

    def _submit(self, clips: Sequence[Clip]) -> "Future[list[Encoded]]":
        alone = len(clips) == 1
        limit = self.timeout_s + (0 if alone else SECONDS_PER_CLIP * len(clips))
        future: Future[list[Encoded]] = self._pool.schedule(_encode, [clips], timeout=limit)
        return future

    def _results(
        self, future: "Future[list[Encoded]]", block: Block, stop: StopRequest
    ) -> list[Encoded]:
        """A block's results; where it died, those of its clips one by one."""
        trouble = _trouble(future, self.timeout_s)
        if trouble is None:
            return future.result()
        first, last = block.clips[0].utterance_id, block.clips[-1].utterance_id
        logger.warning("%s to %s: %s; trying clip by clip", first, last, trouble)
        futures = [self._submit([clip]) for clip in block.clips]
        while wait(futures, LOOK_EVERY_S).not_done:
            stop.check(KEPT)
        troubles = [_trouble(single, self.timeout_s) for single in futures]
        return [
            single.result()[0] if trouble is None else Encoded(None, Status.FAILED, trouble)
            for single, trouble in zip(futures, troubles, strict=True)
        ]


def _trouble(future: "Future[list[Encoded]]", timeout_s: float) -> str | None:
    """What went wrong with a task, in words for its row, or None."""
    error = future.exception()
    if error is None:
        return None
    if isinstance(error, ProcessExpired):
        code = error.exitcode
        if code in STOPPED_EXITS:
            # A scheduler signals every process of a job, and the workers may fall first.
            raise StoppedError(
                f"a worker was stopped from outside; {KEPT}; the same command goes on"
            )
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"decoder crashed ({how})"
    if isinstance(error, TimeoutError):
        return f"took longer than {timeout_s:g} s"
    return f"encoder failed ({type(error).__name__}: {error})"


# A worker's encoder, or what was raised when it was loaded: raised again in the first task, where
# it reaches the parent with its own words.
_loaded: Callable[[], Encoder] | None = None


def _load(module: str, modality: str, parameters: dict[str, Any]) -> None:
    """Set a worker up: its encoder, and one thread for every library that would take all cores."""
    global _loaded  # noqa: PLW0603
    try:
        encoder = load_encoder(module, modality, parameters)
    except Exception as error:
        _loaded = _raiser(error)
        return
    for library, limit in (("torch", "set_num_threads"), ("cv2", "setNumThreads")):
        if library in sys.modules:
            getattr(sys.modules[library], limit)(1)
    _loaded = lambda: encoder  # noqa: E731


def _raiser(error: Exception) -> Callable[[], Encoder]:
    def raise_it() -> Encoder:
        raise error

    return raise_it


def _encoder() -> Encoder:
    assert _loaded is not None, "runs in a worker only"
    return _loaded()


def _describe() -> dict[str, Any]:
    encoder = _encoder()
    return {
        "encoder_version": encoder.version,
        "dimension": encoder.dimension,
        "weights_sha256": encoder.weights_sha256,
        "feature_names": tuple(encoder.feature_names),
        "fitted_on": getattr(encoder, "fitted_on", "none"),
    }


def _encode(clips: Sequence[Clip]) -> list[Encoded]:
    results = _encoder().encode(clips)
    if len(results) != len(clips):
        raise RuntimeError(f"{len(results)} results for {len(clips)} clips")
    return results
