"""What made a page: versions of what decides results, and the revision of this project."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "ariigcn",
    "torch",
    "torch-geometric",
    "opensmile",
    "av",
    "opencv-python-headless",
    "transformers",
    "scikit-learn",
    "snakemake",
)


def provenance() -> dict[str, str]:
    """Name -> version, of Python, the packages that decide results, and the git revision."""
    found = {name: version(name) for name in PACKAGES}
    return {"revision": revision(), "python": platform.python_version(), **found}


def revision() -> str:
    """The git revision of the code in use, marked where files differ from it."""
    here = Path(__file__).resolve()
    try:
        # An environment may lie in the checkout of another project, which holds no file of ours.
        _git(here.parent, "ls-files", "--error-unmatch", here.name)
        return _git(here.parent, "describe", "--always", "--dirty", "--abbrev=12")
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
