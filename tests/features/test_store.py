"""The store: what is written is read, whatever the blocks; what does not fit is refused."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.features.store import Rows, Status, StoreHeader, open_store, write_store

HEADER = StoreHeader(
    "tiny",
    "audio",
    "sound",
    "1",
    3,
    parameters={"rate": 2},
    feature_names=("a", "b", "c"),
    made_by={"av": "1"},
)


def rows(first: int, last: int) -> Rows:
    ids = [f"u{i}" for i in range(first, last)]
    values = np.arange(3 * first, 3 * last, dtype=np.float32).reshape(-1, 3)
    return Rows(ids, values, [Status.OK] * len(ids), ["é" * (i % 2) for i in range(first, last)])


def test_bytes_do_not_depend_on_the_blocks(tmp_path: Path) -> None:
    cuts = [[(0, 90)], [(0, 1), (1, 64), (64, 64), (64, 90)]]
    for number, cut in enumerate(cuts):
        write_store(tmp_path / f"{number}.h5", HEADER, (rows(*c) for c in cut), 90)
    write_store(tmp_path / "2.h5", HEADER, [rows(0, 90)])
    first, second, third = ((tmp_path / f"{n}.h5").read_bytes() for n in range(3))
    assert first == second == third


def test_any_part_is_read_back(tmp_path: Path) -> None:
    write_store(tmp_path / "a.h5", HEADER, [rows(0, 90)])
    with open_store(tmp_path / "a.h5") as store:
        part, blocks = store.read(20, 31), list(store.blocks(40))
        assert store.header == HEADER
    np.testing.assert_array_equal(part.values, rows(20, 31).values)
    assert (part.utterance_ids, part.messages) == (
        rows(20, 31).utterance_ids,
        rows(20, 31).messages,
    )
    assert [len(block) for block in blocks] == [40, 40, 10]
    part.values[:] = 0  # the rows are the reader's own


def test_an_empty_store_and_a_compressed_one_are_read(tmp_path: Path) -> None:
    write_store(tmp_path / "a.h5", HEADER, [])
    with open_store(tmp_path / "a.h5") as store:
        assert store.read().values.shape == (0, 3)
    write_store(tmp_path / "a.h5", HEADER, [rows(0, 90)])
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["values"]
        file.create_dataset("values", data=rows(0, 90).values, chunks=(16, 3), compression="gzip")
    with open_store(tmp_path / "a.h5") as store:
        np.testing.assert_array_equal(store.read(5, 20).values, rows(5, 20).values)


def test_what_does_not_fit_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    bad = rows(0, 2)
    bad.values[1] = np.nan
    for blocks, count, words in (
        ([bad], 2, "NaN or infinite"),
        ([rows(0, 2)], 3, "2 rows came where 3 were announced"),
        ([rows(0, 2), rows(2, 4)], 3, "4 rows came"),
        ([Rows(["u"], np.zeros((1, 2), np.float32), [Status.OK], [""])], 1, "shape"),
    ):
        with pytest.raises(DataError, match=words):
            write_store(tmp_path / "a.h5", HEADER, blocks, count)
    assert not list(tmp_path.iterdir())


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    write_store(path, HEADER, [rows(0, 900)])
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match="remove it and run again"), open_store(path) as store:
        store.read()
