"""Imports run one way: a package uses what stands left of it, and nothing right of it."""

import subprocess
import sys

import pytest

from ariigcn.core.code import PACKAGE_ROOT, closure, imports_of
from ariigcn.models.registry import model_modules

ORDER = (
    "core", "corpora", "features", "finetune", "speech", "graphs", "models", "training", "evaluation",
    "report", "predict", "config", "plan", "terminal", "app", "project", "cli",
)  # fmt: skip
MODULES = sorted(
    ".".join(("ariigcn", *path.relative_to(PACKAGE_ROOT).with_suffix("").parts))
    for path in PACKAGE_ROOT.rglob("*.py")
    if path.name != "__init__.py"
)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_left(module):
    place = ORDER.index(module.split(".")[1])
    for other in imports_of(module):
        if other != "ariigcn":
            assert ORDER.index(other.split(".")[1]) <= place, f"{module} imports {other}"


def test_contributing_tells_this_order(root):
    assert f"`{' <- '.join(ORDER)}`" in (root / "CONTRIBUTING.md").read_text("utf-8")


def loaded(code, *modules):
    """Which of the modules a fresh interpreter has loaded after the code."""
    asked = f"import sys; {code}; print([m for m in {modules} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_configuration_is_checked_without_loading_what_is_heavy():
    """Snakemake parses the configuration at every call."""
    code = "import ariigcn.plan.load as p; p.load_plan({})"
    heavy = ("torch", "cv2", "av", "opensmile", "transformers", "sklearn")
    assert loaded(code, *heavy) == "[]"


@pytest.mark.parametrize(
    ("stage", "heavy"),
    [
        ("ariigcn.training.run", ("sklearn", "scipy.stats", "matplotlib", "torch_geometric")),
        ("ariigcn.evaluation.missing", ("sklearn", "matplotlib")),
        ("ariigcn.evaluation.tables.write", ("sklearn", "torch", "matplotlib")),
        ("ariigcn.evaluation.figures.draw", ("sklearn", "torch")),
        ("ariigcn.report.page", ("sklearn", "torch")),
    ],
)
def test_a_stage_starts_without_what_it_does_not_need(stage, heavy):
    """A second of each job's start; a run of many seeds has hundreds of jobs."""
    assert loaded(f"import {stage}", *heavy) == "[]"


def test_a_stages_version_covers_what_it_imports_and_no_registry():
    found = closure("ariigcn.training.run", *model_modules("ar-iigcn"))
    assert {
        "ariigcn.models.parts.contrastive",
        "ariigcn.graphs.file",
        "ariigcn.core.files",
    } <= found
    assert "ariigcn.models.parts.contrastive" not in closure(
        "ariigcn.training.run", *model_modules("mlp")
    )
    assert not any("registry" in m or m.startswith("ariigcn.report") for m in found)
