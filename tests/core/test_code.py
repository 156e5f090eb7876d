"""A stage's version changes with its code, and not with what is written for people."""

import pytest

from ariigcn.core import code
from tests.core.forgetting import forget_code

# A package in small: three stages, two of which share a module.
STEP = '''\
"""How a step is made."""

import logging

from ariigcn.core.errors import DataError
from ariigcn.core.files import LIMIT

logger = logging.getLogger(__name__)


class Parameters:
    """What a user may set."""

    margin: float = Field(0.5, ge=0, description="Distance that is enough.")


def step(values, scale=2.0, form="hinge"):
    """Scale the values."""
    # A remark.
    logger.info("scaling %d values", len(values))
    if len(values) > LIMIT:
        raise DataError(f"{len(values)} values; leave some out", LIMIT)
    return [scale * value + 1 for value in values]
'''
SOURCES = {
    "core/errors.py": 'class DataError(Exception):\n    """Wrong data."""\n',
    "core/logs.py": "EVERY_S = 30.0\n",
    "core/files.py": "from ariigcn.core import logs\n\nLIMIT = 9\n",
    "graphs/build.py": STEP,
    "models/one.py": "from ariigcn.core.files import LIMIT\n",
    "models/two.py": "WIDTH = 3\n",
    "models/registry.py": "from ariigcn.models import one, two\n",
    "training/run.py": "def run():\n    import ariigcn.core.files\n    import ariigcn.models.registry\n",
}
STAGES = {
    "graph": ("ariigcn.graphs.build",),
    "train one": ("ariigcn.training.run", "ariigcn.models.one"),
    "train two": ("ariigcn.training.run", "ariigcn.models.two"),
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The small package in the real one's place."""
    root = tmp_path / "ariigcn"
    for name, source in SOURCES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        (path.parent / "__init__.py").touch()
    monkeypatch.setattr(code, "PACKAGE_ROOT", root)
    forget_code()
    yield root
    forget_code()


def versions():
    forget_code()
    return {stage: code.code_version(*modules) for stage, modules in STAGES.items()}


def changed(package, module, before, after):
    """The stages whose version changes when a text of a module does."""
    path, old = package / module, versions()
    source = path.read_text()
    assert before in source
    path.write_text(source.replace(before, after, 1))
    new = versions()
    return {stage for stage in old if old[stage] != new[stage]}


@pytest.mark.parametrize(
    ("module", "stages"),
    [
        ("graphs/build.py", {"graph"}),
        ("models/one.py", {"train one"}),
        ("models/two.py", {"train two"}),
        ("training/run.py", {"train one", "train two"}),
        ("core/files.py", {"graph", "train one", "train two"}),
        ("models/registry.py", set()),
        ("core/errors.py", set()),
        ("core/logs.py", set()),
    ],
)
def test_an_edit_changes_the_stages_that_use_the_module(package, module, stages):
    assert changed(package, module, SOURCES[module], SOURCES[module] + "\nEDIT = 1\n") == stages


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("value + 1", "value + 2"),
        ("value + 1", "value - 1"),
        ("> LIMIT", ">= LIMIT"),
        ("scale=2.0", "scale=2.5"),
        ('form="hinge"', 'form="supcon"'),
        ("scale=2.0, form", "form"),
        ("Field(0.5, ge=0", "Field(0.6, ge=0"),
        ("Field(0.5, ge=0", "Field(0.5, gt=0"),
        ("leave some out\", LIMIT", "leave some out\", 1"),
        ("DataError(f", "ValueError(f"),
        ("    if len(values)", "    values.sort()\n    if len(values)"),
        ("def step(", "@cache\ndef step("),
    ],
)  # fmt: skip
def test_what_decides_a_result_changes_the_version(package, before, after):
    assert changed(package, "graphs/build.py", before, after) == {"graph"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# A remark.", "# Another one."),
        ("    # A remark.\n", ""),
        ("scale=2.0, form", "scale=2.0,\n    form"),
        ("How a step is made", "How steps are made"),
        ("What a user may set", "What users may set"),
        ("Scale the values", "Scale all values"),
        ("Distance that is enough", "Enough distance"),
        ("values; leave some out", "values are too many"),
        ("scaling %d", "going to scale %d"),
        ('    logger.info("scaling %d values", len(values))\n', ""),
    ],
)
def test_words_for_people_change_nothing(package, before, after):
    assert changed(package, "graphs/build.py", before, after) == set()


def test_a_module_that_is_not_there_is_an_error(package):
    with pytest.raises(ModuleNotFoundError, match=r"ariigcn\.graphs\.nowhere"):
        code.code_version("ariigcn.graphs.nowhere")


@pytest.mark.parametrize("marked", [True, False], ids=["package", "no __init__.py"])
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("encoder", "from .helper import SCALE"),
        ("encoder", "from . import helper"),
        ("encoder", "from .inner.helper import SCALE"),
        ("encoder", "import lab.inner.helper"),
        ("inner.encoder", "from ..helper import SCALE"),
        ("inner.encoder", "from .. import helper"),
    ],
)
def test_what_another_packages_module_imports_counts_however_it_is_written(
    tmp_path, monkeypatch, module, line, marked
):
    helpers = [tmp_path / "lab" / "helper.py", tmp_path / "lab" / "inner" / "helper.py"]
    for helper in helpers:
        helper.parent.mkdir(exist_ok=True)
        if marked:
            (helper.parent / "__init__.py").touch()
    (tmp_path / "lab" / f"{module.replace('.', '/')}.py").write_text(f"{line}\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = set()
    for scale in (3, 7):
        for helper in helpers:
            helper.write_text(f"SCALE = {scale}\n")
        forget_code()
        found.add(code.code_version(f"lab.{module}"))
    forget_code()
    assert len(found) == 2


def test_versions_of_the_real_package_are_read_from_its_files():
    first = code.code_version("ariigcn.graphs.build")
    assert len(first) == 12 and int(first, 16) >= 0
    assert first != code.code_version("ariigcn.models.baselines.mlp")
