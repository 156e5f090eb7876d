"""What a disk lacks is said with its mend; other errors keep their traceback."""

import errno

from ariigcn.core.errors import storage_problem


def test_a_full_or_forbidden_place_is_named_with_its_mend():
    full = storage_problem(OSError(errno.ENOSPC, "No space left on device", "results/a.h5"))
    assert full is not None and full.startswith("results/a.h5: No space left on device; free some")
    forbidden = storage_problem(PermissionError(errno.EACCES, "Permission denied", "data"))
    assert forbidden is not None and "make it writable" in forbidden


def test_other_errors_are_not_the_disks():
    assert storage_problem(FileNotFoundError(errno.ENOENT, "No such file", "x")) is None
    assert storage_problem(ValueError("no")) is None
