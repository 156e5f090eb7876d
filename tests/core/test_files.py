"""Files are whole or absent, and one process at a time is in an exclusive folder."""

import subprocess
import sys
import threading

import pytest

from ariigcn.core.files import atomic_path, exclusive


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_and_folders_are_replaced(tmp_path):
    for _ in range(2):
        with atomic_path(tmp_path / "deep" / "model") as temporary:
            temporary.mkdir()
            (temporary / "weights").write_text("new")
        with atomic_path(tmp_path / "one.csv") as temporary:
            assert temporary.suffix == ".csv"
            temporary.write_text("new")
    assert (tmp_path / "deep" / "model" / "weights").read_text() == "new"
    assert {p.name for p in tmp_path.iterdir()} == {"deep", "one.csv"}


HOLDER = """
import sys
from pathlib import Path
from ariigcn.core.files import exclusive

with exclusive(Path(sys.argv[1])):
    print("inside", flush=True)
    sys.stdin.read()
"""


def test_one_process_at_a_time_and_a_killed_one_holds_nobody_up(root, tmp_path, caplog):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], cwd=root, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with holder:
        assert holder.stdout.readline() == "inside\n"
        entered = threading.Event()

        def enter() -> None:
            with exclusive(tmp_path):
                entered.set()

        with caplog.at_level("INFO"):
            waiting = threading.Thread(target=enter)
            waiting.start()
            assert not entered.wait(0.3)
            holder.kill()
            waiting.join(10)
    assert entered.is_set()
    assert "another process is working in" in caplog.text
