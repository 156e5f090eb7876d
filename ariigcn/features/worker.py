"""What runs in a worker process: one encoder, loaded once, and the clips that it is given."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ariigcn.core.errors import DataError
from ariigcn.core.modality import Modality
from ariigcn.features.cache import Cache, encode_all
from ariigcn.features.encoders.base import Clip, Encoded, Encoder
from ariigcn.features.encoders.device import take_seat
from ariigcn.features.encoders.registry import load_encoder
from ariigcn.features.header import described
from ariigcn.features.media.containers import past_end
from ariigcn.features.store import Status

KEPT = "finished blocks are kept"
FULL = "the GPU's memory is full; let fewer workers share it (features.workers_per_gpu)"


class NotLoadedError(DataError):
    """A worker could not load the encoder: no clip's fault, so that no row may say that it failed."""


def is_full(error: BaseException) -> bool:
    """Whether torch found no room on a GPU; told by name, for the parent has not loaded torch."""
    return type(error).__name__ == "OutOfMemoryError"


# A worker's encoder, or what was raised when it was loaded: raised again in the first task, where
# it reaches the parent with its own words.
_loaded: Callable[[], Encoder] | None = None


def load(
    module: str, modality: str, parameters: dict[str, Any], seat: tuple[Path, int, int]
) -> None:
    """Set a worker up: its GPU, its encoder, one thread for every library that would take all cores."""
    global _loaded  # noqa: PLW0603
    try:
        take_seat(*seat)
        encoder = load_encoder(module, modality, parameters)
    except Exception as error:
        _loaded = _raiser(DataError(FULL) if is_full(error) else error)
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


def describe() -> dict[str, Any]:
    """What the encoder says of itself, for the store's header; raises what loading it raised."""
    return described(_encoder())


def encode(clips: Sequence[Clip], cache: Cache | None, modality: Modality) -> list[Encoded]:
    """A result a clip, looked up in the cache where there is one.

    Raises:
        NotLoadedError: the encoder could not be loaded.
    """
    try:
        encoder = _encoder()
    except Exception as error:
        raise NotLoadedError(
            f"a worker could not load the encoder ({type(error).__name__}: {error}); {KEPT}"
        ) from error
    if cache is None or not getattr(encoder, "cached", True):
        results = encode_all(encoder, clips)
    else:
        results = cache.encode(encoder, clips)
    return [_noted(clip, result, modality) for clip, result in zip(clips, results, strict=True)]


def _noted(clip: Clip, result: Encoded, modality: Modality) -> Encoded:
    """A result that says, too, whether the table's span leaves the file."""
    note = past_end(clip, modality) if result.status == Status.OK else ""
    told = "; ".join(part for part in (result.message, note) if part)
    return replace(result, message=told)
