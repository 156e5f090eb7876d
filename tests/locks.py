"""pixi.toml, written of pylock.toml: `make lock`."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# For pixi: Python of conda-forge, everything else of PyPI, in the releases of pylock.toml.
# Written by `make lock`. No pixi was at hand: tests/test_locks.py reads this file, we did not run it.
[workspace]
name = "ariigcn"
channels = ["conda-forge"]
platforms = ["linux-64"]

[tasks]
demo = "snakemake --cores all all --config seeds_in_turn=true"

[dependencies]
python = ">=3.11,<3.14"

[pypi-dependencies]
ariigcn = { path = ".", editable = true }
"""
# What torch alone asks for, in the one release that it names.
TORCHS = ("nvidia-", "cuda-", "triton")


def locked(root: Path = ROOT) -> list[dict[str, Any]]:
    """The packages of pylock.toml."""
    packages: list[dict[str, Any]] = tomllib.loads((root / "pylock.toml").read_text())["packages"]
    return packages


def pixi(root: Path = ROOT) -> str:
    """The text of pixi.toml."""
    ours = [p for p in locked(root) if not p["name"].startswith(TORCHS)]
    return HEAD + "".join(f'{p["name"]} = "=={p["version"]}"\n' for p in ours)


if __name__ == "__main__":
    (ROOT / "pixi.toml").write_text(pixi(), encoding="utf-8")
