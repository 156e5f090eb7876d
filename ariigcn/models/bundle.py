"""A trained model as a folder that stands on its own.

``config.json``, ``model.safetensors`` and, where encoders learned on its corpus, those (``encoders/``).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, PositiveInt, ValidationError, field_validator
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.core.modality import Modality
from ariigcn.core.plugins import modules_in
from ariigcn.core.seals import BLANK, sealed_path, verify
from ariigcn.core.settings import Section, describe
from ariigcn.core.storage import SEAL, read_json, write_json
from ariigcn.features.config import Normalisation
from ariigcn.features.encoders.registry import PUBLISHED, encoder_parameters
from ariigcn.features.store import StoreHeader
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.base import ConversationModel
from ariigcn.models.config import ModelConfig
from ariigcn.models.encoders import carry, comparable, resolved
from ariigcn.models.registry import model_entry

FORMAT = 1


@dataclass(frozen=True)
class BundleHead:
    """What a model needs beside its weights to be used on new recordings.

    Args:
        corpus: what it was trained on.
        labels: emotions in the order of its logits.
        dimensions: modality -> D_m, in the model's order.
        relations: edge types in the order of its weights.
        graph: the graph's configuration.
        model: the model's configuration.
        features: modality -> header of the feature store it was trained on.
        training: how it was trained: seed, selected epoch, configuration.
        normalise: modality -> how its features are made relative to who speaks; absent: not at all.
        people: names of the training speakers whose means the weights hold.
    """

    corpus: str
    labels: tuple[str, ...]
    dimensions: Mapping[str, int]
    relations: tuple[str, ...]
    graph: GraphConfig
    model: ModelConfig
    features: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    normalise: Mapping[str, Normalisation] = field(default_factory=dict)
    people: tuple[str, ...] = ()

    def check_features(self, headers: Mapping[str, StoreHeader]) -> None:
        """Hold feature stores to those that the model was trained on.

        Raises:
            DataError: a modality is absent, or its vectors were made in another way.
        """
        for modality, own in self.features.items():
            kept = comparable(own)
            other = comparable(told(headers[modality])) if modality in headers else {}
            differ = sorted(key for key in kept if kept[key] != other.get(key))
            if differ:
                raise DataError(
                    f"the model was trained on other {modality} features: they differ in "
                    f"{', '.join(differ)}; train it again, or use the features of its training"
                )

    def build(self) -> ConversationModel:
        """The network, weights not loaded."""
        return _model_class(self.model.name)(
            self.dimensions,
            len(self.labels),
            len(self.relations),
            self.model,
            past_only=self.graph.future == 0,
            normalise=self.normalise,
            people=self.people,
        )


class _Written(Section):
    """A bundle's ``config.json``, field by field as :class:`BundleHead`'s: anybody may have written it."""

    corpus: str
    labels: tuple[str, ...] = Field(min_length=1)
    dimensions: dict[Modality, PositiveInt] = Field(min_length=1)
    relations: tuple[str, ...]
    graph: GraphConfig
    model: ModelConfig
    features: dict[Modality, dict[str, Any]]
    training: dict[str, Any]
    # Bundles of before this could be asked for have neither.
    normalise: dict[Modality, Normalisation] = Field(default_factory=dict)
    people: tuple[str, ...] = ()

    @field_validator("labels")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("names an emotion twice")
        return value

    @field_validator("features")
    @classmethod
    def _said_of_stores(
        cls, value: dict[Modality, dict[str, Any]]
    ) -> dict[Modality, dict[str, Any]]:
        for own in value.values():
            _OfStore.model_validate(own)
        return value

    @field_validator("training")
    @classmethod
    def _said_of_training(cls, value: dict[str, Any]) -> dict[str, Any]:
        _OfTraining.model_validate(value)
        return value


class _OfStore(BaseModel):
    """What is read of a store's header."""

    encoder: str
    parameters: dict[str, Any]
    dimension: PositiveInt
    weights_sha256: str
    made_by: dict[str, str]


class _OfTraining(BaseModel):
    """What is read of how a model was trained."""

    threads: PositiveInt = 1


def told(header: StoreHeader) -> dict[str, Any]:
    """What a bundle keeps of a store's header: plain, and without the features' names."""
    kept = {key: value for key, value in asdict(header).items() if key != "feature_names"}
    plain: dict[str, Any] = json.loads(json.dumps(kept))
    return plain


def _with_defaults(modality: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """A header as a bundle keeps it, with the parameters that its encoder takes since then."""
    if own["encoder"] == PUBLISHED:
        return dict(own)
    try:
        return {
            **own,
            "parameters": encoder_parameters(modality, own["encoder"], own["parameters"]),
        }
    except ValueError:  # an encoder that is not installed here: features can still be given
        return dict(own)


def _model_class(name: str) -> type[ConversationModel]:
    entry = model_entry(name)
    loaded: type[ConversationModel] = getattr(import_module(entry.module), entry.class_name)
    return loaded


def save_bundle(folder: Path, head: BundleHead, model: ConversationModel) -> None:
    """Write the bundle; the folder is whole or absent."""
    fields = {name: getattr(head, name) for name in asdict(head)}
    fields["graph"] = head.graph.model_dump(mode="json")
    fields["model"] = head.model.model_dump(mode="json")
    fields["normalise"] = {m: own.model_dump(mode="json") for m, own in head.normalise.items()}
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        fields["features"] = carry(head.features, temporary)
        with sealed_path(temporary / "model.safetensors") as weights:
            save_model(model, str(weights), {SEAL: BLANK.decode()})
        write_json({"format": FORMAT, **fields}, temporary / "config.json", indent=2)


def load_bundle(folder: Path, *, plugins: bool = False) -> tuple[BundleHead, ConversationModel]:
    """Read a bundle; the model comes in evaluation mode.

    Args:
        folder: the bundle.
        plugins: whether modules that it names (``module:my_lab.pitch``) may be imported: they are code,
            and a bundle may be anybody's. What installed packages offer needs no such leave.

    Raises:
        DataError: the folder is not a bundle, its weights do not fit its configuration, or it names
            modules that may not be imported.
    """
    config = read_json(folder / "config.json", "a model's configuration")
    weights = verify(folder / "model.safetensors")
    if not plugins and (named := sorted(modules_in(config))):
        raise DataError(
            f"{folder}: the model needs code of others ({', '.join(named)}), which may do anything on "
            "this machine; if you trust it, allow it by --plugins, or plugins=True in Python"
        )
    try:
        head = _head(config, folder)
        model = head.build()
        load_model(model, str(weights))
    except ValidationError as error:
        said = "; ".join(describe(error))
        raise DataError(f"{folder}: not a model bundle of this project ({said})") from error
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise DataError(f"{folder}: not a model bundle of this project ({error})") from error
    return head, model.eval()


def _head(config: Mapping[str, Any], folder: Path) -> BundleHead:
    """What a bundle's ``config.json`` says.

    Raises:
        ValueError: it is not what :func:`save_bundle` writes.
    """
    if config.get("format") != FORMAT:
        raise ValueError("it was written by another version")
    written = _Written(**{key: value for key, value in config.items() if key != "format"})
    features: dict[str, Any] = {m: _with_defaults(m, own) for m, own in written.features.items()}
    return BundleHead(**{**dict(written), "features": resolved(features, folder)})
