"""Weights and settings that others made: whatever is wrong with them is one line that names them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError

from ariigcn.core.errors import DataError
from ariigcn.core.paths import printable


@contextmanager
def in_words(path: Path, problem: str) -> Iterator[None]:
    """Turn whatever reading a foreign file raises into one line: damage has no end of kinds.

    Raises:
        DataError: in place of any other error.
    """
    try:
        yield
    except DataError:
        raise
    except UnpicklingError as error:
        # Not its own words: they advise to run what the file holds.
        raise DataError(f"{path}: the weights hold more than tensors; refused") from error
    except Exception as error:
        said = printable(str(error).strip() or type(error).__name__)
        raise DataError(f"{path}: {problem} ({said})") from error
