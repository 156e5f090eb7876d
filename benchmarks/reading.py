"""Random dialogues and full scans of a feature store, against numpy and under other HDF5 layouts."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ariigcn.features.store import FeatureStore, Rows, Status, StoreHeader, write_store

ROWS, WIDTH, DIALOGUES = 13_708, 1582, 200  # MELD's utterances, IS10's functionals
LAYOUTS: dict[str, dict[str, Any]] = {
    "gzip 64 rows": {"chunks": (64, WIDTH), "compression": "gzip", "shuffle": True},
    "gzip 16 rows": {"chunks": (16, WIDTH), "compression": "gzip", "shuffle": True},
    "lzf 16 rows": {"chunks": (16, WIDTH), "compression": "lzf", "shuffle": True},
    "plain 64 rows": {"chunks": (64, WIDTH)},
    "contiguous": {},
}


def features(rng: np.random.Generator) -> NDArray[np.float32]:
    """Numbers whose scales differ from column to column, as functionals' do."""
    scales = np.exp(2 * rng.normal(size=WIDTH))
    return (rng.normal(size=(ROWS, WIDTH)) * scales).astype(np.float32)


def spans(rng: np.random.Generator) -> list[tuple[int, int]]:
    """First and last row of each dialogue, of 5 to 14 utterances."""
    starts = rng.integers(0, ROWS - 15, DIALOGUES)
    return [
        (int(s), int(s + n)) for s, n in zip(starts, rng.integers(5, 15, DIALOGUES), strict=True)
    ]


def best_ms(work: Callable[[], Any], times: int = 5) -> float:
    """The fastest of a few runs: files are in the page cache for all of them."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append(1e3 * (time.perf_counter() - started))
    return min(found)


def random_dialogues(folder: Path) -> dict[str, float]:
    """The store against a memory map of an .npy file, milliseconds for all dialogues."""
    rng = np.random.default_rng(0)
    values, asked = features(rng), spans(rng)
    np.save(folder / "values.npy", values)
    mapped = np.load(folder / "values.npy", mmap_mode="r")
    header = StoreHeader("bench", "audio", "opensmile", "1", WIDTH)
    ids = [f"u{row}" for row in range(ROWS)]
    write_store(folder / "store.h5", header, [Rows(ids, values, [Status.OK] * ROWS, [""] * ROWS)])
    numpy_ms = best_ms(lambda: [np.array(mapped[first:last]) for first, last in asked])
    store = FeatureStore(folder / "store.h5")
    store_ms = best_ms(lambda: [store.read(first, last).values for first, last in asked])
    opened = best_ms(lambda: FeatureStore(folder / "store.h5"))
    return {
        "numpy_ms": numpy_ms,
        "store_ms": store_ms,
        "ratio": store_ms / numpy_ms,
        "open_ms": opened,
    }


def candidates(folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """Size, time to write, to read random dialogues and to read all, of each layout by h5py."""
    rng = np.random.default_rng(0)
    values, asked = features(rng), spans(rng)
    path = folder / "layout.h5"
    for name, layout in LAYOUTS.items():

        def write(layout: dict[str, Any] = layout) -> None:
            with h5py.File(path, "w") as file:
                file.create_dataset("values", data=values, **layout)

        written = best_ms(write, 1)
        with h5py.File(path) as file:
            stored = file["values"]
            yield (
                name,
                {
                    "mb": path.stat().st_size / 1e6,
                    "write_ms": written,
                    "dialogues_ms": best_ms(lambda: [stored[a:b] for a, b in asked], 3),  # noqa: B023
                    "all_ms": best_ms(lambda: stored[:], 3),  # noqa: B023
                },
            )
