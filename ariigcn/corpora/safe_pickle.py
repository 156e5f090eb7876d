"""Reading pickles that others have published, without running what they say.

A pickle names functions that loading it calls. Here only these can be named: the containers of
Python, numpy's arrays, types and scalars, and torch's tensors, whose storages torch itself reads
under its own restriction. A pickle that names anything else is refused before it is called.
"""

import io
import pickle
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ariigcn.core.errors import DataError

_CONTAINERS: dict[str, Callable[..., Any]] = {
    name.__name__: name
    for name in (
        *(list, dict, tuple, set, frozenset, bytearray, bytes, str),
        *(int, float, complex, bool, slice, range),
    )
}


class Refused(pickle.UnpicklingError):
    """The pickle wants to call something that data has no need of."""


def _encode(text: str, encoding: str = "utf-8") -> bytes:
    """What bytes pickled by Python 3 for Python 2 ask for; other codecs could decompress or worse."""
    if encoding not in ("latin1", "latin-1", "utf-8"):
        raise Refused(f"_codecs.encode with '{encoding}'")
    return text.encode(encoding)


def _numpy(module: str, name: str) -> Callable[..., Any] | None:
    import numpy as np
    from numpy._core import multiarray, numeric

    named = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("numpy.core.multiarray", "_reconstruct"): multiarray._reconstruct,
        ("numpy.core.multiarray", "scalar"): multiarray.scalar,
        ("numpy.core.numeric", "_frombuffer"): numeric._frombuffer,  # type: ignore[attr-defined]
    }
    # numpy 2 moved its core; a pickle names the one it was written by.
    return named.get((module.replace("numpy._core", "numpy.core"), name))


def _torch(module: str, name: str) -> Callable[..., Any] | None:
    if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
        return _tensor
    if (module, name) == ("torch.storage", "_load_from_bytes"):
        return _storage
    return None


def _storage(data: bytes) -> Any:
    import torch

    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


def _tensor(storage: Any, offset: int, size: Any, stride: Any, *_: Any) -> Any:
    """A tensor as a numpy array."""
    import torch

    rebuilt = torch._utils._rebuild_tensor_v2(storage, offset, size, stride, False, OrderedDict())
    return rebuilt.numpy()


class _Restricted(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        plain = {("collections", "OrderedDict"): OrderedDict, ("_codecs", "encode"): _encode}
        plain[("collections", "defaultdict")] = defaultdict
        found = plain.get((module, name))
        if module in ("builtins", "__builtin__"):
            found = _CONTAINERS.get({"unicode": "str", "long": "int"}.get(name, name))
        found = found or _numpy(module, name) or _torch(module, name)
        if found is None:
            raise Refused(f"{module}.{name}")
        return found

    def persistent_load(self, pid: Any) -> Any:
        raise Refused(f"an object outside the file ({pid!r:.60})")


def load_pickle(path: Path) -> Any:
    """The data in a pickle; text of Python 2 comes as latin-1, tensors as arrays.

    Raises:
        DataError: the file is absent, cut short or no pickle, or it wants to call what data has no
            need of; nothing of that kind has been called.
    """
    try:
        with path.open("rb") as stream:
            return _Restricted(stream, encoding="latin1").load()
    except Refused as error:
        raise DataError(
            f"{path}: refused, since reading it would call {error}; feature files hold arrays, "
            "lists and dictionaries only: have nothing to do with this one"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except Exception as error:
        # A damaged pickle raises whatever the code under it raises: ValueError, IndexError, ...
        raise DataError(
            f"{path}: not a whole pickle ({type(error).__name__}: {error}); fetch it again"
        ) from error
