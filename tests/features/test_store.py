"""The store: what is written is read, whatever the blocks; what does not fit is refused."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.features.store import FeatureStore, Rows, Status, StoreHeader, write_store
from tests.sealing import seal_again

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
    store = FeatureStore(tmp_path / "a.h5")
    part, blocks = store.read(20, 31), list(store.blocks(40))
    assert store.header == HEADER
    np.testing.assert_array_equal(part.values, rows(20, 31).values)
    assert (part.utterance_ids, part.messages) == (
        rows(20, 31).utterance_ids,
        rows(20, 31).messages,
    )
    assert [len(block) for block in blocks] == [40, 40, 10]
    part.values[:] = 0  # the rows are the reader's own


def test_an_empty_store_is_read(tmp_path: Path) -> None:
    write_store(tmp_path / "a.h5", HEADER, [])
    store = FeatureStore(tmp_path / "a.h5")
    assert store.read().values.shape == (0, 3)


def shorter(file: h5py.File, name: str) -> None:
    column = file[name][:-1]
    del file[name]
    file.create_dataset(name, data=column)


def replaced(file: h5py.File, **options: Any) -> None:
    values = file["values"][:]
    del file["values"]
    file.create_dataset("values", data=values, **options)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: shorter(file, "status"), "89 statuses"),
        (lambda file: shorter(file, "message"), "89 messages"),
        (lambda file: shorter(file, "utterance_id"), "for 89 utterances"),
        (lambda file: replaced(file, dtype=">f4"), ">f4"),
        (lambda file: replaced(file, dtype="<f8"), "float64"),
        (lambda file: replaced(file, chunks=(16, 3), compression="gzip"), "in one run"),
        (lambda file: file.attrs.__setitem__("dimension", 4), "of 4 numbers"),
        (lambda file: file["status"].__setitem__(5, "fine"), "'fine' is not a valid Status"),
        (lambda file: file.attrs.__delitem__("modality"), "modality"),
        (lambda file: file.__delitem__("message"), "message"),
    ],
)
def test_a_store_that_contradicts_itself_is_refused(
    tmp_path: Path, change: Any, words: str
) -> None:
    write_store(tmp_path / "a.h5", HEADER, [rows(0, 90)])
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        change(file)
    seal_again(tmp_path / "a.h5")
    with pytest.raises(DataError, match=f"a.h5: not a feature store .*{words}"):
        FeatureStore(tmp_path / "a.h5")


def test_what_does_not_fit_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    bad = rows(0, 2)
    bad.values[1] = np.nan
    for blocks, count, words in (
        ([bad], 2, "NaN or infinite"),
        ([rows(0, 2)], 3, "2 rows arrived, but 3 were announced"),
        ([rows(0, 2), rows(2, 4)], 3, "4 rows arrived"),
        ([Rows(["u"], np.zeros((1, 2), np.float32), [Status.OK], [""])], 1, "shape"),
    ):
        with pytest.raises(DataError, match=words):
            write_store(tmp_path / "a.h5", HEADER, blocks, count)
    assert not list(tmp_path.iterdir())


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    write_store(path, HEADER, [rows(0, 900)])
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match="remove it and run again"):
        FeatureStore(path)
