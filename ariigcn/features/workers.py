"""Worker processes that hold an encoder, each on one thread, and what becomes of those that die.

A clip that crashes or hangs its decoder takes its process down; the block's clips are then tried one
by one, so that it costs its own row and no other.
"""

import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pebble import ProcessExpired, ProcessPool

from ariigcn.core.gpus import visible_gpus
from ariigcn.core.logs import progress
from ariigcn.core.signals import STOP_SIGNALS, StoppedError, StopRequest
from ariigcn.core.spawn import Context
from ariigcn.features import worker
from ariigcn.features.blocks import Block
from ariigcn.features.cache import Cache
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.encoders.device import seats
from ariigcn.features.encoders.registry import encoder_module, runs_on_gpu
from ariigcn.features.header import header_of
from ariigcn.features.store import Status, StoreHeader
from ariigcn.features.worker import FULL, KEPT, NotLoadedError, is_full

logger = logging.getLogger(__name__)
# What a block may take beyond one clip's time limit: decoding and encoding of an ordinary clip.
SECONDS_PER_CLIP = 2.0
# How soon a request to stop is seen.
LOOK_EVERY_S = 0.5
KILLED = "its process was killed (signal 9): out of memory? Give the job more (mem_mb)"
# A worker's own handler exits with the signal's number; without one, the signal kills it.
STOPPED_EXITS = {sign * s for s in STOP_SIGNALS for sign in (1, -1)}
# Read by numerical libraries when a worker imports them: its neighbours have the other cores.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Workers:
    """Processes that hold the encoder; one that dies is replaced.

    Where the encoder computes on GPUs, there are at most ``workers_per_gpu`` a GPU.
    """

    def __init__(
        self, features: EncoderConfig, workers: int, timeout_s: float, workers_per_gpu: int = 2
    ) -> None:
        gpus = visible_gpus() if runs_on_gpu(features.modality, features.encoder) else 0
        self.workers, self.timeout_s = seats(workers, gpus, workers_per_gpu), timeout_s
        if gpus:
            logger.info("%d worker(s) share %d GPU(s)", self.workers, gpus)
        self._seats = TemporaryDirectory()
        self._cache: Cache | None = None
        self._modality = features.modality
        module = encoder_module(features.modality, features.encoder)
        self._pool = ProcessPool(
            max_workers=self.workers,
            initializer=worker.load,
            initargs=(
                module,
                features.modality,
                features.parameters,
                (Path(self._seats.name), self.workers, gpus),
            ),
            context=Context(),
        )

    def __enter__(self) -> "Workers":
        self._before = {name: os.environ.get(name) for name in ONE_THREAD}
        os.environ.update(ONE_THREAD)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.stop()
        self._pool.join()
        self._seats.cleanup()
        for name, value in self._before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

    def describe(self, corpus: str, features: EncoderConfig) -> StoreHeader:
        """The store's header, as the loaded encoder tells it; raises what loading it raised."""
        facts: dict[str, Any] = self._pool.schedule(worker.describe).result()
        return header_of(corpus, features, facts)

    def work_through(
        self,
        blocks: Sequence[Block],
        what: str,
        *,
        finished: Callable[[Block], bool],
        write: Callable[[Block, list[Encoded]], int],
        cache: Cache | None = None,
        watch: Callable[[float], None] | None = None,
    ) -> None:
        """Work through the blocks that no earlier run has finished, telling how far they are.

        Args:
            blocks: all of them.
            what: is done, for the log.
            finished: whether a block need not be done again.
            write: keeps a block's results, and says how many of them are of no use.
            cache: of results by content; None: none are looked up or kept.
            watch: told of the share of the rows that are finished, after each block.

        Raises:
            StoppedError: it was asked to stop; finished blocks are kept.
        """
        count = sum(len(block.clips) for block in blocks)
        waiting = [block for block in blocks if not finished(block)]
        done = count - sum(len(block.clips) for block in waiting)
        with progress(what, count, done) as counter, StopRequest() as stop:
            for block, results in self.encode(waiting, stop, cache):
                counter.advance(len(results), failed=write(block, results))
                if watch is not None:
                    watch(counter.done / count)

    def encode(
        self, blocks: Iterable[Block], stop: StopRequest, cache: Cache | None = None
    ) -> Iterator[tuple[Block, list[Encoded]]]:
        """Each block with its results, in the order in which they are finished."""
        self._cache = cache
        waiting, running = deque(blocks), dict[Future[list[Encoded]], Block]()
        while waiting or running:
            # One block more than there are workers, so that none of them waits for this loop.
            while waiting and len(running) <= self.workers:
                block = waiting.popleft()
                running[self._submit(block.clips)] = block
            stop.check(KEPT)
            for future in wait(running, LOOK_EVERY_S, FIRST_COMPLETED).done:
                block = running.pop(future)
                yield block, self._results(future, block, stop, running)

    def _submit(self, clips: Sequence[Clip]) -> "Future[list[Encoded]]":
        alone = len(clips) == 1
        limit = self.timeout_s + (0 if alone else SECONDS_PER_CLIP * len(clips))
        future: Future[list[Encoded]] = self._pool.schedule(
            worker.encode, [clips, self._cache, self._modality], timeout=limit
        )
        return future

    def _results(
        self,
        future: "Future[list[Encoded]]",
        block: Block,
        stop: StopRequest,
        others: "Iterable[Future[list[Encoded]]]",
    ) -> list[Encoded]:
        """A block's results; where it died, those of its clips one by one."""
        trouble = _trouble(future, self.timeout_s)
        if trouble is None:
            return future.result()
        first, last = block.clips[0].utterance_id, block.clips[-1].utterance_id
        logger.warning("%s to %s: %s; trying clip by clip", first, last, trouble)
        futures = [self._submit([clip]) for clip in block.clips]
        self._finish(futures, stop)
        for number, clip in enumerate(block.clips):
            if _starved(futures[number]):
                # Most likely for the memory that all workers took together: once more, by itself.
                self._finish(others, stop)
                reason = _trouble(futures[number], self.timeout_s)
                logger.warning("%s: %s; trying it alone", clip.utterance_id, reason)
                futures[number] = self._submit([clip])
                self._finish([futures[number]], stop)
        troubles = [_trouble(single, self.timeout_s) for single in futures]
        return [
            single.result()[0] if trouble is None else Encoded(None, Status.FAILED, trouble)
            for single, trouble in zip(futures, troubles, strict=True)
        ]

    def _finish(self, futures: "Iterable[Future[list[Encoded]]]", stop: StopRequest) -> None:
        """Wait for tasks, and see a request to stop meanwhile."""
        while wait(futures, LOOK_EVERY_S).not_done:
            stop.check(KEPT)


def _starved(future: "Future[list[Encoded]]") -> bool:
    """Whether memory ended: the kernel killed a task's process, or a GPU had none left for it."""
    error = future.exception()
    if isinstance(error, ProcessExpired):
        return bool(error.exitcode == -signal.SIGKILL)
    return error is not None and is_full(error)


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
                f"another program stopped a worker; {KEPT}; run the same command again to continue"
            )
        if code == -signal.SIGKILL:
            return KILLED
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"decoder crashed ({how})"
    if isinstance(error, TimeoutError):
        return f"took longer than {timeout_s:g} s"
    if isinstance(error, NotLoadedError):
        raise error
    if is_full(error):
        return FULL
    return f"encoder failed ({type(error).__name__}: {error})"
