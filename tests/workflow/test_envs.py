"""The conda environments name the releases that pyproject.toml names."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import yaml

from ariigcn.core.code import PACKAGE_ROOT

CONDA_NAMES = {
    "pytorch": "torch",
    "pytorch_geometric": "torch-geometric",
    "opencv": "opencv-python-headless",
    "python-xxhash": "xxhash",
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


def loaded(path: Path) -> tuple[set[str], set[str]]:
    """What a file imports as soon as it is loaded: the package's modules, and others' packages."""
    own, others = set(), set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            first = name.partition(".")[0]
            (own if first == "ariigcn" else others).add(name if first == "ariigcn" else first)
    return own, others - set(sys.stdlib_module_names)


def needed(script: Path) -> set[str]:
    """The packages that a script's start imports, through every module of ours."""
    waiting, seen, found = [script], set(), set()
    while waiting:
        own, others = loaded(waiting.pop())
        found |= others
        for name in own - seen:
            seen.add(name)
            base = PACKAGE_ROOT.joinpath(*name.split(".")[1:])
            waiting += [p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()]
    return found


IMPORTED_AS = {
    "PyYAML": "yaml",
    "opencv-python-headless": "cv2",
    "scikit-learn": "sklearn",
    "torch-geometric": "torch_geometric",
}
# What another package of the environment brings along.
BROUGHT = {"markupsafe": "jinja2", "urllib3": "requests", "huggingface_hub": "transformers"}


def test_every_environment_has_what_its_scripts_load(root):
    environments: dict[str, set[str]] = {}
    for path in sorted((root / "workflow" / "rules").glob("*.smk")):
        for rule in re.split(r"^ *rule \w+:", path.read_text(), flags=re.M)[1:]:
            environment = re.search(r"envs/(\w+)\.yaml", rule)
            script = re.search(r"scripts/(\w+)\.py", rule)
            if environment and script:
                environments.setdefault(environment[1], set()).add(script[1])
    assert len(environments) == 5
    for environment, scripts in environments.items():
        entries = yaml.safe_load((root / "envs" / f"{environment}.yaml").read_text())[
            "dependencies"
        ]
        flat = [r for e in entries for r in (e["pip"] if isinstance(e, dict) else [e])]
        there = {IMPORTED_AS.get(name, name).replace("-", "_") for name, _ in map(split, flat)}
        there |= {brought for brought, by in BROUGHT.items() if by in there}
        for script in sorted(scripts):
            lacks = needed(root / "workflow" / "scripts" / f"{script}.py") - there
            assert not lacks, f"{environment}.yaml lacks {lacks} of {script}.py"
