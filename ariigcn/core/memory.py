"""Saying what memory something would need, before it starts and the system ends it without a word."""

import psutil

from ariigcn.core.errors import DataError


def require_memory(needed: float, what: str, mend: str, available: float | None = None) -> None:
    """Refuse what cannot fit.

    Args:
        needed: bytes, at least.
        what: what needs them.
        mend: what to do instead.
        available: bytes that there are; None: this machine's.

    Raises:
        DataError: naming both numbers and the mend.
    """
    there = psutil.virtual_memory().available if available is None else available
    if needed > there:
        raise DataError(
            f"{what} would need about {needed / 1e9:,.1f} GB of memory, and {there / 1e9:,.1f} GB "
            f"are free; {mend}"
        )
