"""The encoders by modality and name: one line each.

An encoder's module imports what is heavy inside its ``__init__`` only, so that a configuration is
checked without loading torch, and has a ``Parameters`` section beside its class. It names the
libraries that decide its vectors, ``LIBRARIES``, says ``ON_GPU = True`` where it computes on one, and,
where parameters name local files, has a function ``files`` that lists them.
"""

from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ariigcn.core.plugins import MODULE, Plugins, load
from ariigcn.core.settings import describe

if TYPE_CHECKING:
    from ariigcn.features.encoders.base import Encoder

FINETUNED = "finetuned"  # an encoder that learns on the corpus itself
PUBLISHED = "published"  # features that others have made, read from their files
ENCODERS: dict[str, dict[str, str]] = {
    "text": {
        FINETUNED: "ariigcn.finetune.text",
        "glove": "ariigcn.features.encoders.text_glove",
        "huggingface": "ariigcn.features.encoders.text_huggingface",
        "minilm": "ariigcn.features.encoders.text_minilm",
        PUBLISHED: "ariigcn.features.imported",
    },
    "audio": {
        FINETUNED: "ariigcn.finetune.audio",
        "huggingface": "ariigcn.features.encoders.audio_huggingface",
        "opensmile": "ariigcn.features.encoders.audio_opensmile",
        PUBLISHED: "ariigcn.features.imported",
    },
    "video": {
        "efficientnet-lite0": "ariigcn.features.encoders.video_efficientnet",
        "expression": "ariigcn.features.encoders.video_expression",
        FINETUNED: "ariigcn.finetune.video",
        "huggingface": "ariigcn.features.encoders.video_huggingface",
        PUBLISHED: "ariigcn.features.imported",
        "r3d18": "ariigcn.features.encoders.video_r3d18",
    },
}


def encoder_module(modality: str, encoder: str) -> str:
    """The dotted name of an encoder's module; its code version is a parameter of the stage.

    Raises:
        ValueError: no encoder of the modality has this name; many give a hub's model in its place.
    """
    ours = ENCODERS[modality]
    found = Plugins(f"{modality} encoder", "ariigcn.encoders", ours, prefix=f"{modality}.")
    try:
        return found.module(encoder)
    except ValueError as error:
        if encoder.startswith(MODULE):
            raise
        line = f"{modality}: {{encoder: huggingface, parameters: {{model: {encoder}}}}}"
        told = (
            f"{error}. If '{encoder}' is a model of the Hugging Face hub or a folder of one, write"
        )
        raise ValueError(f"{told} {line}") from None


def encoder_parameters(modality: str, encoder: str, given: dict[str, Any]) -> dict[str, Any]:
    """The encoder's parameters, checked and with its defaults filled in."""
    module = load(encoder_module(modality, encoder))
    try:
        parameters: dict[str, Any] = module.Parameters(**given).model_dump(mode="json")
    except ValidationError as error:
        raise ValueError("; ".join(describe(error, "parameters"))) from None
    return parameters


def own_parameters(modality: str, encoder: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The checked parameters that are not the encoder's defaults."""
    kind = load(encoder_module(modality, encoder)).Parameters
    defaults = kind.model_construct().model_dump(mode="json")  # without those that have none
    return {
        name: value
        for name, value in parameters.items()
        if name not in defaults or value != defaults[name]
    }


def made_by(modality: str, encoder: str) -> dict[str, str]:
    """What makes an encoder's vectors: library -> its installed release.

    The one record of that: it stands in every store's header, and so in every model's bundle, in the
    names of cached results, and among the parameters of the rules. Nothing is loaded for it.
    """
    module = load(encoder_module(modality, encoder))
    return {name: _release(name) for name in getattr(module, "LIBRARIES", ())}


@cache
def _release(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"


def parameter_files(modality: str, encoder: str, parameters: Mapping[str, Any]) -> list[Path]:
    """The local files that an encoder's parameters name and its vectors depend on, none opened.

    Word vectors, a checkpoint, a local model's weights and settings; a model from the hub has none. A
    file that is named by itself is listed whether it is there or not.
    """
    module = load(encoder_module(modality, encoder))
    listed = getattr(module, "files", None)
    if listed is None:
        return []
    found: list[Path] = listed(module.Parameters(**parameters))
    return found


def runs_on_gpu(modality: str, encoder: str) -> bool:
    """Whether an encoder computes on a GPU where there is one: its module says ``ON_GPU = True``."""
    return bool(getattr(load(encoder_module(modality, encoder)), "ON_GPU", False))


def make_encoder(modality: str, encoder: str, parameters: dict[str, Any]) -> "Encoder":
    """Load an encoder, weights and all."""
    return load_encoder(encoder_module(modality, encoder), modality, parameters)


def load_encoder(module: str, modality: str, parameters: dict[str, Any]) -> "Encoder":
    """Load the encoder of a module; a worker process is given the module, not the registry."""
    imported = load(module)
    made: Encoder = imported.make(modality, imported.Parameters(**parameters))
    return made
