"""The restricted unpickler: data comes through as it was, and nothing is ever called."""

import io
import os
import pickle
import subprocess
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.safe_pickle import load_pickle

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
    np.array([np.zeros(2), "x"], dtype=object),
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


class Call:
    """Pickles as a call of anything."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def by_name(module: str, name: str, argument: str) -> bytes:
    """A protocol 0 pickle that calls ``module.name(argument)``."""
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


def hostile(mark: Path) -> dict[str, bytes]:
    touch = f"touch {mark}"
    code = f"open({str(mark)!r}, 'w')"
    inner = io.BytesIO()
    pickle.dump(Call(os.system, touch), inner)
    return {
        "posix.system": pickle.dumps(Call(os.system, touch)),
        "builtins.eval": pickle.dumps(Call(eval, code)),
        "__builtin__.exec": pickle.dumps(Call(exec, code), 2),
        "subprocess.Popen": pickle.dumps({"videoText": [Call(subprocess.Popen, touch)]}),
        "builtins.getattr": by_name("builtins", "getattr", "x"),
        "builtins.open": by_name("builtins", "open", str(mark)),
        "__builtin__.__import__": by_name("__builtin__", "__import__", "os"),
        "numpy.testing._private.utils.runstring": by_name(
            "numpy.testing._private.utils", "runstring", code
        ),
        "numpy.load": by_name("numpy", "load", str(mark)),
        "torch.load": by_name("torch", "load", str(mark)),
        "numpy.core.multiarray.fromfile": by_name("numpy.core.multiarray", "fromfile", "x"),
        "_codecs.encode": b"c_codecs\nencode\n(VAAAA\nVzlib\ntR.",
        # A dotted name of protocol 4 walks attributes; a persistent id asks the reader for objects.
        "builtins.list.__class__": b"\x80\x04\x8c\x08builtins\x8c\x0elist.__class__\x93.",
        "an object outside the file": b"Pmodule\n.",
        "torch.storage": by_name("torch.storage", "_load_from_bytes", "x"),
        "nested": pickle.dumps(Call(pickle.loads, inner.getvalue())),
    }


NAMES = sorted(hostile(Path("x")))


@pytest.mark.parametrize("name", NAMES)
def test_what_would_run_is_refused_by_name_and_does_not_run(tmp_path: Path, name: str) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / "hostile.pkl"
    path.write_bytes(hostile(mark)[name])
    with pytest.raises(DataError) as error:
        load_pickle(path)
    assert not mark.exists()
    if name == "nested":
        assert "would call _pickle.loads" in str(error.value)
    elif name != "torch.storage":
        assert f"would call {name}" in str(error.value)


def test_a_hostile_storage_inside_a_tensor_does_not_run(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    mark = tmp_path / "ran"
    inner = pickle.dumps(Call(os.system, f"touch {mark}"), 2)
    path = tmp_path / "hostile.pkl"
    stage = b"\x80\x04\x8c\x0dtorch.storage\x8c\x10_load_from_bytes\x93B"
    path.write_bytes(stage + len(inner).to_bytes(4, "little") + inner + b"\x85R.")
    with pytest.raises(DataError):
        load_pickle(path)
    assert not mark.exists()


@pytest.mark.parametrize("data", [b"", b"not a pickle", pickle.dumps(ARRAYS)[:-40], b"\x80\x04]"])
def test_damage_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "damaged.pkl"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"damaged\.pkl: not a whole pickle"):
        load_pickle(path)
    with pytest.raises(DataError, match="cannot be read"):
        load_pickle(tmp_path / "gone.pkl")
