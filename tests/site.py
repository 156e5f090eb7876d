"""The documentation's site, built strictly, in a folder of a test."""

import re
import shutil
import subprocess
import sys
from pathlib import Path


def build(root: Path, folder: Path) -> Path:
    """Build the site in a folder; where its pages lie."""
    shutil.copy(root / "mkdocs.yml", folder)
    shutil.copytree(root / "docs", folder / "docs")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "-f", folder / "mkdocs.yml"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).partition("Traceback")[0]
    assert done.returncode == 0 and "griffe" not in said, said
    return folder / "site"
