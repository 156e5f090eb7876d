"""Imports run one way: a package uses what stands left of it, and nothing right of it."""

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


def test_the_configuration_is_checked_without_loading_what_is_heavy():
    """Snakemake parses the configuration at every call."""
    import subprocess
    import sys

    code = (
        "import sys, ariigcn.plan.load as p; p.load_plan({});"
        "print([m for m in ('torch','cv2','av','opensmile','transformers','sklearn')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


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
