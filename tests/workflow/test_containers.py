"""Both container definitions make the environment that the tests ran in."""

import re
import tomllib

import pytest

from ariigcn.project import WORKFLOW

PACKAGES = ("ariigcn", "snakemake_logger_plugin_ariigcn")
LINKED = [path.name for path in WORKFLOW.iterdir()]


@pytest.mark.parametrize("name", ["Dockerfile", "ariigcn.def"])
def test_a_container_is_made_from_the_pins(root, name):
    text = (root / "containers" / name).read_text()
    oldest = tomllib.loads((root / "pyproject.toml").read_text())["project"]["requires-python"]
    assert f"python:{oldest.removeprefix('>=')}-slim" in text
    assert "--constraint /build/constraints.txt /build" in text
    for file in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE", *PACKAGES, *LINKED):
        assert (root / file).exists()
        assert f" {file} " in text


def test_the_constraints_pin_everything_that_is_asked_for(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["slurm"], *extras["app"]]
    names = {re.split("[=<>]", entry)[0].lower() for entry in asked}
    lines = (root / "constraints.txt").read_text().lower().splitlines()
    assert names <= {line.split("==")[0] for line in lines}
