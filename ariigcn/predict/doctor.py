"""`ariigcn doctor`: what there is of what the package needs, and how to get what is missing."""

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from subprocess import CalledProcessError

import psutil
from pydantic import ValidationError

from ariigcn.core.gpus import visible_gpus
from ariigcn.core.modality import MODALITIES
from ariigcn.core.plugins import load
from ariigcn.features.config import FeaturesConfig
from ariigcn.features.encoders.registry import (
    ENCODERS,
    FINETUNED,
    PUBLISHED,
    encoder_module,
    made_by,
    make_encoder,
)
from ariigcn.predict.zoo import SHIPPED, shipped, trained
from ariigcn.speech.packages import PACKAGES, available

# Shown always; of what else the package requires, what is wrong alone.
SHOWN = (
    "torch", "torch-geometric", "snakemake", "transformers", "opensmile", "av",
    "opencv-python-headless",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One line.

    Args:
        section: versions, devices, encoders, speech, models or places.
        name: of what.
        said: what there is of it, or what is wrong and what to do.
        lacking: the default configuration needs it, and it is missing.
    """

    section: str
    name: str
    said: str
    lacking: bool = False


def examine(data: Path, results: Path) -> Iterator[Finding]:
    """Look at everything, one finding after another; loads the encoders that need no file of a user's.

    Args:
        data: the configuration's data_dir.
        results: its results_dir.
    """
    yield Finding("versions", "python", platform.python_version())
    yield Finding("versions", "ariigcn", version("ariigcn"))
    for requirement in requires("ariigcn") or []:
        if "extra ==" not in requirement:
            yield from _library(requirement)
    yield Finding("versions", "gradio (ariigcn app)", _extra("gradio", "app"))
    yield from _devices()
    for modality in MODALITIES:
        default = FeaturesConfig().of(modality).encoder
        for name in ENCODERS[modality]:
            if name != PUBLISHED:
                yield _encoder(modality, name, is_default=name == default)
    yield Finding("speech", "from a recording alone", _speech())
    yield from _models(results)
    yield _place("features made before", data / "cache", "*")
    yield _place("Hugging Face cache", _hub(), "models--*")


def _library(requirement: str) -> Iterator[Finding]:
    """A requirement, as ``torch==2.13.0``, against what is installed."""
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
    pinned = re.search(r"==([\w.]+)", requirement)
    try:
        here = version(name)
    except PackageNotFoundError:
        said = f"not installed; pip install '{requirement}'"
        yield Finding("versions", name, said, lacking=True)
        return
    if pinned and here.partition("+")[0] != pinned[1]:
        said = f"{here}; results were tested with {pinned[1]}: pip install '{requirement}'"
        yield Finding("versions", name, said)
    elif name in SHOWN:
        yield Finding("versions", name, here)


def _extra(library: str, extra: str) -> str:
    """An extra's library, or how to get it; nothing else needs it."""
    try:
        return version(library)
    except PackageNotFoundError:
        return f"not installed; pip install 'ariigcn[{extra}]'"


def _devices() -> Iterator[Finding]:
    memory = psutil.virtual_memory()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("devices", "CPU cores", str(cores))
    free = f"{memory.available / 1e9:.1f} GB free of {memory.total / 1e9:.1f} GB"
    yield Finding("devices", "memory", free)
    try:
        count = visible_gpus()
    except CalledProcessError as error:
        said = f"there is a driver, but torch gives no answer: {error.stderr.strip()[-200:]}"
    else:
        said = str(count) if count else "torch sees none; a CPU is enough for the default run"
    yield Finding("devices", "GPUs", said)


def _encoder(modality: str, name: str, *, is_default: bool) -> Finding:
    """Whether an encoder can be loaded, weights and all."""
    title = f"{modality} {name}" + (" (default)" if is_default else "")
    absent = [lib for lib, at in made_by(modality, name).items() if at == "not installed"]
    if absent:
        said = f"pip install {' '.join(absent)}"
        return Finding("encoders", title, said, lacking=is_default)
    parameters = load(encoder_module(modality, name)).Parameters
    try:
        plain = parameters().model_dump(mode="json")
    except ValidationError:
        asked = {
            key: f.description for key, f in parameters.model_fields.items() if f.is_required()
        }
        words = "; ".join(f"{key}: {said}" for key, said in asked.items())
        return Finding(
            "encoders", title, f"libraries are installed; set in its parameters: {words}"
        )
    if name == FINETUNED:
        said = f"libraries are installed; the workflow makes it of its base, {plain['base']}"
        return Finding("encoders", title, said)
    try:
        encoder = make_encoder(modality, name, plain)
    except Exception as error:  # whatever a library raises where its files are damaged
        said = f"cannot be loaded: {error or type(error).__name__}; install its packages again"
        return Finding("encoders", title, said, lacking=is_default)
    return Finding("encoders", title, f"ready, {encoder.version}, {encoder.dimension} numbers")


def _speech() -> str:
    """Whether recordings without a transcript can be heard; nothing needs it by default."""
    if missing := available():
        return f"not here: {missing}"
    made = ", ".join(f"{name} {version(name)}" for name in PACKAGES.values())
    return f"ready, {made}"


def _models(results: Path) -> Iterator[Finding]:
    packaged, here = shipped(), trained(results)
    for model in packaged:
        said = f"{', '.join(model.modalities)}; {len(model.labels)} emotions of {model.corpus}"
        yield Finding("models", model.name, said)
    if not packaged:
        yield Finding(
            "models", "that ship", f"none in {SHIPPED}; make shipped-models, or train one"
        )
    count = len({model.folder for model in here.models})
    yield Finding("models", "trained here", f"{count} in {results.resolve()} (ariigcn models)")
    for words in here.defects:
        yield Finding("models", "damaged", words)


def _place(name: str, folder: Path, pattern: str) -> Finding:
    """A folder that grows: where it is, how large, and how many entries it has."""
    if not folder.is_dir():
        return Finding("places", name, f"{folder.resolve()}: does not exist yet")
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in files) / 1e6
    entries = sum(1 for _ in folder.glob(pattern))
    return Finding("places", name, f"{folder.resolve()}: {size:,.1f} MB, {entries} entries")


def _hub() -> Path:
    try:
        from huggingface_hub.constants import HF_HUB_CACHE
    except ImportError:
        return Path("~/.cache/huggingface/hub").expanduser()
    return Path(HF_HUB_CACHE)
