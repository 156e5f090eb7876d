"""Source files are read once a process; a test that writes some has them read again."""

from ariigcn.core import code


def forget_code() -> None:
    """As a new process."""
    for kept in (code._folder, code._read, code.imports_of, code.code_version):
        kept.cache_clear()
