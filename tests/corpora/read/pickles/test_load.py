"""The decoder of pickles: data comes through as it was, and nothing is ever called."""

import pickle
import re
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest

from ariigcn.core import plain
from ariigcn.core.confined import UNSOUND, Limits, read_confined
from ariigcn.core.errors import DataError
from ariigcn.corpora.read.pickles import load
from ariigcn.corpora.read.pickles.load import ANSWER, decode_bytes, load_pickle
from tests.corpora.hostile_pickles import bombs, calls, everything

DATA = {
    "ids": ["a", "b"],
    7: (1, 2.5, None, True, b"bytes", {3}, frozenset({4}), bytearray(b"x"), 1 + 2j),
    "ordered": OrderedDict(x=1),
    "default": defaultdict(list, x=[1]),
}
ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.ones((3, 2))),
    np.array(["ab", "c"]),
    np.float64(2.5),
    np.int64(3),
]


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_containers_and_arrays_come_through(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "data.pkl"
    path.write_bytes(pickle.dumps((DATA, ARRAYS), protocol))
    data, arrays = load_pickle(path)
    assert data == DATA
    for read, written in zip(arrays, ARRAYS, strict=True):
        assert read.dtype == written.dtype
        assert str(read) == str(written)


def test_files_of_older_numpy_and_python_2_come_through(tmp_path: Path) -> None:
    path = tmp_path / "old.pkl"
    data = pickle.dumps({"d": [np.arange(3.0)]}, 2).replace(b"numpy._core", b"numpy.core")
    assert b"numpy.core.multiarray" in data
    path.write_bytes(data)
    assert load_pickle(path)["d"][0].tolist() == [0, 1, 2]
    # What Python 2 wrote for {'caf\xe9': [1]} and an array of one float.
    path.write_bytes(
        b"\x80\x02}q\x00(U\x04caf\xe9q\x01]q\x02K\x01aU\x01aq\x03cnumpy.core.multiarray\n"
        b"_reconstruct\nq\x04cnumpy\nndarray\nq\x05K\x00\x85U\x01b\x87Rq\x06(K\x01K\x01\x85cnumpy\n"
        b"dtype\nq\x07U\x02f8K\x00K\x01\x87Rq\x08(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
        b"K\x00tb\x89U\x08\x00\x00\x00\x00\x00\x00\xf8?tbu."
    )
    read = load_pickle(path)
    assert read["caf\xe9"] == [1]
    assert read["a"].tolist() == [1.5]


def test_tensors_come_as_arrays(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "tensors.pkl"
    tensor = torch.arange(6.0).reshape(2, 3)
    path.write_bytes(pickle.dumps([tensor, tensor[:, 1]], 4))
    whole, column = load_pickle(path)
    assert isinstance(whole, np.ndarray)
    assert whole.tolist() == tensor.tolist()
    assert column.tolist() == [1, 4]


def test_a_tensors_steps_and_kinds_come_through(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "tensors.pkl"
    whole = torch.arange(24).reshape(2, 3, 4)
    kinds = ("float64", "float16", "int32", "int16", "int8", "uint8", "bool", "complex64")
    tensors = [
        *(whole, whole[1, :, 2], whole.permute(2, 0, 1), whole[:0], torch.tensor(7)),
        *(whole.to(getattr(torch, kind)) for kind in kinds),
    ]
    path.write_bytes(pickle.dumps(tensors, 2))
    for read, tensor in zip(load_pickle(path), tensors, strict=True):
        assert read.dtype == tensor.numpy().dtype
        np.testing.assert_array_equal(read, tensor.numpy())


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_every_plain_kind_of_array_comes_through(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "arrays.pkl"
    table = np.arange(12).reshape(3, 4)
    kinds = ["?", *"bBhHiIqQ", *"efdFD", ">f4", ">i8", ">U3", "S4", "U5"]
    arrays = [*(table.astype(kind) for kind in kinds), table.T, table[:, ::2], np.zeros((0, 5))]
    path.write_bytes(pickle.dumps(arrays, protocol))
    for read, written in zip(load_pickle(path), arrays, strict=True):
        assert read.dtype == written.dtype.newbyteorder("=")
        np.testing.assert_array_equal(read, written)
        assert read.flags.writeable


def test_objects_come_as_lists_and_numpys_keys_as_pythons(tmp_path: Path) -> None:
    path = tmp_path / "objects.pkl"
    ids = np.empty((2, 2), dtype=object)
    ids[:] = [["a", None], [1, [2]]]
    keys = {np.str_("Ses01"): 1, np.int64(7): 2, np.float32(0.5): 3}
    path.write_bytes(pickle.dumps((ids, keys, set(map(np.str_, "ab")))))
    assert load_pickle(path) == ([["a", None], [1, [2]]], {"Ses01": 1, 7: 2, 0.5: 3}, {"a", "b"})


def test_what_is_shared_comes_as_often_as_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "shared.pkl"
    missing = np.zeros(342, np.float32)
    path.write_bytes(pickle.dumps([missing, missing, [missing]], 2) + b"and more behind the end")
    first, second, (third,) = load_pickle(path)
    for read in (first, second, third):
        np.testing.assert_array_equal(read, missing)


@pytest.mark.parametrize(
    ("data", "value"),
    [(b"Naprfj\xff\xff\xff\xff0", 7), (b"r\xff\xff\xff\xff", 7), (b"p-5\n", 7), (b"20", 7)],
    ids=["never got to", "a far place of the memo", "a negative one", "a copy that is dropped"],
)
def test_what_is_odd_and_harmless_is_read(tmp_path: Path, data: bytes, value: int) -> None:
    path = tmp_path / "odd.pkl"
    begin = b"" if data[:1] != b"N" else b"K\x07."
    path.write_bytes((begin or b"K\x07") + data + b".")
    assert load_pickle(path) == value


HOSTILE = sorted(everything(Path("x")))


def refused(path: Path) -> str:
    """What is said of a file that must be refused."""
    with pytest.raises(DataError) as error:
        load_pickle(path)
    said = str(error.value)
    assert said.startswith(f"{path}: ")
    assert "\x1b" not in said
    assert len(said) < 600
    return said


def test_there_are_many_and_no_two_alike() -> None:
    built = everything(Path("x"))
    assert len(built) >= 200
    assert len(set(built.values())) == len(built)


def test_every_hostile_file_is_refused_and_nothing_else_happens(tmp_path: Path) -> None:
    """In one process, one after the other: after each an honest file is read as if it had not been."""
    found = read_confined(read_all, tmp_path, Limits(2 << 30, 60, 1 << 20))
    assert [name for name, said in found.items() if said != "refused"] == []
    assert list(found) == HOSTILE
    assert not (tmp_path / "ran").exists()


def read_all(folder: Path) -> dict[str, str]:
    """Runs in the child: every hostile file, and what became of it."""
    mark, honest = folder / "ran", pickle.dumps((DATA, ARRAYS), 5)
    before = plainly(honest)
    found = {}
    for name, data in sorted(everything(mark).items()):
        try:
            plainly(data)
            found[name] = "read"
        except (DataError, plain.NotPlainError, *UNSOUND):
            found[name] = "ran" if mark.exists() else "refused"
        except Exception as error:
            found[name] = repr(error)
        if plainly(honest) != before:
            found[name] = "the next honest file suffers"
    return found


def plainly(data: bytes) -> str:
    """What :func:`load_pickle` makes of a pickle, in this process."""
    text, pieces = plain.encode(decode_bytes(data, "hostile"), ANSWER)
    padded = b"".join(bytes(piece) + bytes(-len(piece) % plain.ALIGNED) for piece in pieces)
    return repr(plain.decode(text, memoryview(padded)))


# Each is a process: half of those that would harm it, and every twelfth of all.
SOME = sorted({*sorted(bombs())[::2], *HOSTILE[::12]})


@pytest.mark.parametrize("name", SOME)
def test_each_is_refused_in_words_in_its_own_process(tmp_path: Path, name: str) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / "hostile.pkl"
    path.write_bytes(everything(mark)[name])
    said = refused(path)
    assert re.search("refused, since|not a whole pickle", said)
    assert name not in calls(mark) or f"would call {name.partition(' ')[0]}" in said
    assert not mark.exists()


def test_more_memory_or_time_than_its_size_explains_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sets.pkl"
    path.write_bytes(b"\x80\x04" + b"\x8f" * 2_000_000 + b".")
    monkeypatch.setattr(load, "MEMORY", 150 << 20)
    assert "takes more than 0.2 GB of memory" in refused(path)
    monkeypatch.setattr(load, "SECONDS", 0.0)
    monkeypatch.setattr(load, "BYTES_A_SECOND", 1e9)
    assert "not read within 0 s" in refused(path)


@pytest.mark.parametrize("data", [b"", b"not a pickle", pickle.dumps(ARRAYS)[:-40], b"\x80\x04]"])
def test_damage_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "damaged.pkl"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"damaged\.pkl: not a whole pickle"):
        load_pickle(path)
    with pytest.raises(DataError, match="cannot be read"):
        load_pickle(tmp_path / "gone.pkl")
