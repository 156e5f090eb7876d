"""What a disk lacks is said with its mend; other errors keep their traceback."""

import errno

import pytest

from ariigcn.core.errors import storage_problem


def test_a_full_or_forbidden_place_is_named_with_its_mend():
    full = storage_problem(OSError(errno.ENOSPC, "No space left on device", "results/a.h5"))
    assert full is not None and full.startswith("results/a.h5: No space left on device; free some")
    forbidden = storage_problem(PermissionError(errno.EACCES, "Permission denied", "data"))
    assert forbidden is not None and "make it writable" in forbidden


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
        OSError("Unable to synchronously write raw data (file write failed: errno = 28, ...)"),
    ],
)
def test_libraries_that_say_the_number_in_words_are_understood(error):
    assert "No space left on device; free some space" in storage_problem(error)


def test_other_errors_are_not_the_disks():
    assert storage_problem(FileNotFoundError(errno.ENOENT, "No such file", "x")) is None
    assert storage_problem(ValueError("no")) is None
