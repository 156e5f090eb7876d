"""What differs between the modalities that are fine-tuned: a class for each, found by the registry."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ariigcn.core.modality import Modality
from ariigcn.core.plugins import load
from ariigcn.features.encoders import huggingface
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.huggingface import HubParameters
from ariigcn.features.encoders.registry import FINETUNED, encoder_module
from ariigcn.features.encoders.steps import TwoStepEncoder
from ariigcn.finetune.config import Learning

if TYPE_CHECKING:
    from torch import Tensor, nn

PREPROCESSOR = "preprocessor_config.json"


class Kind(ABC):
    """How encoders of one modality are read for, batched and pooled while they learn.

    Before and after that, they are the frozen Hugging Face encoder of the modality.

    Attributes:
        modality: the modality.
        frozen: the module of its frozen Hugging Face encoder.
        reader: of media, parameters and a base's folder -> what reads clips, without its weights.
    """

    modality: Modality
    frozen: Any
    reader: Any = None

    def encoder(self, parameters: Any, model: str, revision: str | None = None) -> Any:
        """The frozen encoder of a folder or name, which reads and pools as the parameters say.

        Raises:
            DataError: it is none of this modality, or lacks weights.
        """
        module = self.frozen
        shared = set(module.Parameters.model_fields) - set(HubParameters.model_fields)
        own = parameters.model_dump(include=shared)
        return module.make(self.modality, module.Parameters(model=model, revision=revision, **own))

    def base_folder(self, parameters: Learning) -> Path:
        """The folder of the base's files, downloaded where it is not a local one.

        Raises:
            DataError: it cannot be found or reached.
        """
        return huggingface.find(hub(parameters), self.modality)

    def base_files(self, parameters: Learning) -> list[Path]:
        """The local files of the base; none of a model from the hub."""
        return huggingface.files(hub(parameters))

    def untuned(self, parameters: Learning) -> TwoStepEncoder:
        """The base as it was before it learned."""
        encoder: TwoStepEncoder = self.encoder(parameters, parameters.base, parameters.revision)
        return encoder

    def alone(self, untuned: Any, read: Any, clip: Clip) -> Any:
        """What the base reads of an utterance, given what the fine-tuned encoder reads: the same."""
        return read

    def settings(self, base: Path) -> Mapping[str, bytes]:
        """The files that say how the network wants its input, by name."""
        return {PREPROCESSOR: (base / PREPROCESSOR).read_bytes()}

    def size(self, read: Any) -> int:
        """How long an input is, in tokens, samples or frames: inputs of like size share a batch."""
        return len(read)

    @abstractmethod
    def shortened(self, read: Any, parameters: Any) -> Any:
        """As much of an input as is learned from."""

    @abstractmethod
    def collate(self, encoder: Any, reads: Sequence[Any]) -> "dict[str, Tensor]":
        """B inputs as one padded batch; the first dimension of each tensor is B."""

    @abstractmethod
    def vectors(self, base: Any, parameters: Any, **batch: "Tensor") -> "Tensor":
        """A batch -> what the frozen encoder gives of each input, [B, D], to learn through."""

    @abstractmethod
    def lowest(self, base: Any) -> "nn.Module":
        """The part of a base that ``freeze_embeddings`` leaves as it is."""

    def prepared(self, base: Any) -> Any:
        """A base as it shall learn."""
        return base


def hub(parameters: Learning) -> HubParameters:
    """The base as a model of the hub."""
    return HubParameters(model=parameters.base, revision=parameters.revision)


def kind_of(modality: str) -> Kind:
    """The kind of a modality; found by name, so that a changed one concerns its own stages alone."""
    kind: Kind = load(encoder_module(modality, FINETUNED)).KIND
    return kind


def parameters_of(modality: str, plain: Mapping[str, Any]) -> Learning:
    """A modality's parameters out of plain values."""
    found: Learning = load(encoder_module(modality, FINETUNED)).Parameters(**plain)
    return found
