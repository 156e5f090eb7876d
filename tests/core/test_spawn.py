"""A script without the guard can use what works in processes of its own, and keeps what it is."""

import subprocess
import sys

SCRIPT = """
import os, sys
from pathlib import Path
from concurrent.futures import ProcessPoolExecutor
from ariigcn.core.spawn import Context

print("the script runs")
with ProcessPoolExecutor(1, mp_context=Context()) as pool:
    print(pool.submit(os.path.basename, "a/b").result())
print(Path(__file__).name, __spec__)
"""


def test_a_script_without_the_guard_runs_once(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["the script runs", "b", "script.py None"]
