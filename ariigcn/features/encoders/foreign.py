"""Weights and settings that others made: whatever is wrong with them is one line that names them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError

from ariigcn.core.errors import DataError
from ariigcn.core.files import sha256_file
from ariigcn.core.paths import file_trouble, printable


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


def digest_of_weights(path: Path, begins: str, mend: str) -> str:
    """The sha256 of a file of weights that the user names.

    Raises:
        DataError: no such file, which says to ``mend`` it; or its sha256 does not begin so.
    """
    if trouble := file_trouble(path):
        raise DataError(f"{path}: {trouble}; {mend}: features.video.parameters.weights")
    digest = sha256_file(path)
    if not digest.startswith(begins):
        raise DataError(
            f"{path}: sha256 {digest[:16]}... does not begin with {begins}; these are not the "
            "weights asked for"
        )
    return digest
