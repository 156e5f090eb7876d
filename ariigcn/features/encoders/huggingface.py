"""Encoders from the Hugging Face hub or a local folder: found, checked, digested, on their device.

What every such encoder shares. Nothing a checkpoint holds is ever run: no code of the hub's, and
pickled weights are read as tensors only. A checkpoint that lacks weights which the features depend
on is refused, since transformers would make them up at random.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from ariigcn.core.errors import DataError
from ariigcn.core.paths import file_trouble, may_be_of_hub
from ariigcn.core.settings import Section
from ariigcn.features.encoders.device import device
from ariigcn.features.encoders.foreign import in_words

if TYPE_CHECKING:
    import torch

LIBRARIES = ("torch", "transformers")
ON_GPU = True
# Heads and masks that no hidden state depends on at inference; task checkpoints leave them out.
UNUSED = ("pooler.", "masked_spec_embed")
SETTINGS = ("*.json", "*.txt", "*.model")
# Best first: the second is a pickle, which transformers reads without running what it holds.
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


class HubParameters(Section):
    """What every encoder from the hub is asked."""

    model: str = Field(
        min_length=1, description="Name on the Hugging Face hub, or a local folder with its files."
    )
    revision: str | None = Field(
        None, description="Commit, tag or branch on the hub. Null: the main branch."
    )
    layers: tuple[int, ...] = Field(
        (-1,),
        min_length=1,
        description="Hidden layers that are averaged: 0 what the first layer reads, -1 the last; "
        "[-4, -3, -2, -1] the last four.",
    )
    precision: Literal["float32", "fp16", "bf16"] = Field(
        "float32", description="Number format on a GPU; a CPU always computes in float32."
    )


@dataclass(frozen=True)
class Loaded:
    """A checkpoint ready for inference.

    Attributes:
        model: the network, on ``device`` and in evaluation mode.
        folder: where its files are.
        version: what decides the values beside the weights: library, architecture, number format,
            the files of its settings.
    """

    model: Any
    folder: Path
    device: "torch.device"
    version: str

    def weights_sha256(self) -> str:
        """Digest over the weight files in the order of their names; reads them all."""
        digest = hashlib.sha256()
        for path in weight_files(self.folder):
            with path.open("rb") as stream:
                while part := stream.read(1 << 20):
                    digest.update(part)
        return digest.hexdigest()


def load(asked: HubParameters, modality: str, takes: str) -> Loaded:
    """Find and load a checkpoint.

    Args:
        asked: which one, and how.
        modality: whose encoder it is, for the errors.
        takes: name of the model's main input, such as ``input_ids``.

    Raises:
        DataError: it cannot be reached or read, lacks weights, or is of another kind.
    """
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    place = device()
    formats = {"float32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
    dtype = formats[asked.precision] if place.type == "cuda" else torch.float32
    folder = find(asked, modality)
    with in_words(folder, "no model that transformers reads"):
        model, report = transformers.AutoModel.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            output_loading_info=True,
            # Without a word here it may ask at the terminal whether to run a model's own code.
            trust_remote_code=False,
        )
    _refuse_random(report, folder)
    model = getattr(model, "vision_model", model) if takes == "pixel_values" else model
    if model.main_input_name != takes or model.config.is_encoder_decoder:
        raise DataError(
            f"{folder}: {type(model).__name__} is not a {modality} encoder; choose one that reads "
            f"{takes} and has no decoder"
        )
    _check_layers(asked.layers, model.config, folder)
    kind = f"{type(model).__name__}, {str(dtype).removeprefix('torch.')} on {place.type}"
    settings = hashlib.sha256()
    for path in setting_files(folder):
        settings.update(path.name.encode() + b"\0" + path.read_bytes())
    version = (
        f"transformers {transformers.__version__}, {kind}, settings {settings.hexdigest()[:12]}"
    )
    return Loaded(model.eval().requires_grad_(False).to(place), folder, place, version)


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer beside a text encoder.

    Raises:
        DataError: there is none.
    """
    from transformers import AutoTokenizer

    with in_words(folder, "no tokenizer that transformers reads"):
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def find(asked: HubParameters, modality: str) -> Path:
    """The folder of a checkpoint, downloaded where it is not a local one.

    Raises:
        DataError: the hub cannot be reached, has no such model, or the folder has no weights, or
            something that is no file.
    """
    folder = Path(asked.model).expanduser()
    if not folder.is_dir():
        if not may_be_of_hub(asked.model):
            raise DataError(f"features.{modality}: {folder}: no such folder")
        folder = _download(asked, modality)
    if not weight_files(folder):
        raise DataError(f"{folder}: no weights; expected {' or '.join(WEIGHTS)}")
    for path in (*weight_files(folder), *setting_files(folder)):
        if trouble := file_trouble(path):
            raise DataError(f"{path}: {trouble}")
    return folder


def weight_files(folder: Path) -> list[Path]:
    """A checkpoint's weight files, safetensors where there are any, by name."""
    return next((files for kind in WEIGHTS if (files := sorted(folder.glob(kind)))), [])


def files(asked: HubParameters) -> list[Path]:
    """The files of a local checkpoint that decide its values; none of a model from the hub."""
    folder = Path(asked.model).expanduser()
    return [*weight_files(folder), *setting_files(folder)]


def setting_files(folder: Path) -> list[Path]:
    """A checkpoint's configuration, tokenizer and preprocessing, by name."""
    return sorted({path for kind in SETTINGS for path in folder.glob(kind)})


def _download(asked: HubParameters, modality: str) -> Path:
    from huggingface_hub import snapshot_download

    folder = None
    try:
        for kind in WEIGHTS:
            found = snapshot_download(
                asked.model, revision=asked.revision, allow_patterns=[*SETTINGS, kind]
            )
            folder = Path(found)
            if weight_files(folder):
                break
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{asked.model}: neither a folder nor a model on the hub ({reason}); download it "
            f"on a machine with a network (hf download {asked.model} --local-dir DIR) and name "
            f"the folder: features.{modality}.parameters.model: DIR"
        ) from error
    assert folder is not None
    return folder


def _refuse_random(report: dict[str, Any], folder: Path) -> None:
    """Raise where transformers filled weights in that the checkpoint lacks or has in other shapes."""
    lacking = sorted(str(k) for k in report["missing_keys"] if not any(u in k for u in UNUSED))
    lacking += sorted(str(k) for k in report["mismatched_keys"])
    if lacking:
        raise DataError(
            f"{folder}: {len(lacking)} weights are missing or of another shape (first: "
            f"{lacking[0]}); features from random weights are refused, use a whole checkpoint"
        )


def _check_layers(layers: Sequence[int], config: Any, folder: Path) -> None:
    count = getattr(config, "num_hidden_layers", None)
    if count is None:
        if tuple(layers) != (-1,):
            raise DataError(
                f"{folder}: this architecture has only its last layer; set layers: [-1]"
            )
    elif any(not -count - 1 <= layer <= count for layer in layers):
        raise DataError(f"{folder}: layers {list(layers)}, but the model has 0 to {count}")


def hidden(model: Any, layers: Sequence[int], **inputs: Any) -> "torch.Tensor":
    """Average of the asked hidden layers, float32 [B, T, D]; convolutional maps flattened to that."""
    import torch

    deeper = tuple(layers) != (-1,)
    out = model(**inputs, output_hidden_states=deeper)
    if deeper:
        # The last of them may lack the final normalisation.
        states = [*out.hidden_states[:-1], out.last_hidden_state]
        mean = torch.stack([states[layer].float() for layer in layers]).mean(0)
    else:
        mean = out.last_hidden_state.float()
    return mean.flatten(2).transpose(1, 2) if mean.dim() == 4 else mean
