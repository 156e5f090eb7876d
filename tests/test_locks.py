"""The locks hold what constraints.txt pins and nothing else: read, not resolved, so without a network."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from tests.locks import TORCHS, locked, pixi

# Pure Python that PyPI holds as a source alone.
SOURCES = {"connection-pool"}
HASH = re.compile(r"[0-9a-f]{64}")


@pytest.fixture(scope="module")
def pins(root):
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]


def test_every_locked_release_is_the_pinned_one(root, pins):
    for package in locked(root):
        if not package["name"].startswith(TORCHS):
            assert package["version"] == pins[package["name"]], f"{package['name']}: make lock"


def test_the_lock_has_what_the_package_asks_for(root, project):
    held = {p["name"]: p["version"] for p in locked(root)}
    for text in project["dependencies"]:
        wanted = Requirement(text)
        version = held[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), f"{text}, locked {version}: make lock"


def test_every_file_of_the_lock_is_on_pypi_and_has_its_hash(root):
    for package in locked(root):
        files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
        assert files, package["name"]
        for file in files:
            assert file["url"].startswith("https://files.pythonhosted.org/")
            assert HASH.fullmatch(file["hashes"]["sha256"])


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_every_promised_python_has_a_wheel(root, minor):
    platforms = [f"manylinux_2_{glibc}_x86_64" for glibc in range(5, 35)] + [
        "manylinux2014_x86_64",
        "linux_x86_64",
    ]
    tags = {*cpython_tags((3, minor), platforms=platforms)}
    tags |= {*compatible_tags((3, minor), f"cp3{minor}", platforms)}
    lacking = set()
    for package in locked(root):
        names = [wheel["url"].rsplit("/", 1)[1] for wheel in package.get("wheels", [])]
        if not any(tags & parse_wheel_filename(name)[-1] for name in names):
            lacking.add(package["name"])
    assert lacking == SOURCES


def test_pixi_asks_for_the_locked_releases(root, project):
    text = (root / "pixi.toml").read_text("utf-8")
    assert text == pixi(root), "make lock"
    read = tomllib.loads(text)
    assert read["dependencies"]["python"].startswith(project["requires-python"])
    assert read["pypi-dependencies"]["ariigcn"] == {"path": ".", "editable": True}
