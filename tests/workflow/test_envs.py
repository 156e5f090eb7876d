"""The conda environments name the releases that pyproject.toml names."""

import re
import tomllib

import yaml

CONDA_NAMES = {
    "pytorch": "torch",
    "pytorch_geometric": "torch-geometric",
    "opencv": "opencv-python-headless",
    "pyyaml": "PyYAML",
}


def split(requirement: str) -> tuple[str, str]:
    """Name, and the version part with conda's single equals sign as pip's double."""
    name, version = re.fullmatch(r"([A-Za-z0-9_.-]+?)((?:[<>=].*)?)", requirement).groups()
    version = re.sub(r"^=(?!=)", "==", version)
    return CONDA_NAMES.get(name, name), version


def short(version: str) -> str:
    """Conda's opencv carries three of the wheel's four numbers."""
    return re.sub(r"^(==4\.14\.0)\.94$", r"\1", version)


def test_pins_are_equal(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pins = {n: short(v) for n, v in (split(r) for r in project["dependencies"])}
    for path in sorted((root / "envs").glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text())["dependencies"]:
            for requirement in entry["pip"] if isinstance(entry, dict) else [entry]:
                name, version = split(requirement)
                if name not in ("python", "pip"):
                    expected = pins[name]
                    same = version == expected or expected.startswith(version + ",")
                    assert same, f"{path.name}: {requirement}, pyproject has {expected}"
