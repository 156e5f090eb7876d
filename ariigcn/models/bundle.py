"""A trained model as a folder that stands on its own.

``config.json``, ``model.safetensors`` and, where encoders learned on its corpus, those (``encoders/``).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_model, save_model

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.core.seals import BLANK, sealed_path, verify
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


def load_bundle(folder: Path) -> tuple[BundleHead, ConversationModel]:
    """Read a bundle; the model comes in evaluation mode.

    Raises:
        DataError: the folder is not a bundle, or its weights do not fit its configuration.
    """
    config = read_json(folder / "config.json", "a model's configuration")
    weights = verify(folder / "model.safetensors")
    try:
        if config.pop("format") != FORMAT:
            raise ValueError("it was written by another version")
        features = {m: _with_defaults(m, own) for m, own in config["features"].items()}
        head = BundleHead(
            **{
                **config,
                "features": resolved(features, folder),
                "labels": tuple(config["labels"]),
                "relations": tuple(config["relations"]),
                "graph": GraphConfig(**config["graph"]),
                "model": ModelConfig(**config["model"]),
                # Bundles of before this could be asked for have neither.
                "normalise": {
                    m: Normalisation(**own) for m, own in config.get("normalise", {}).items()
                },
                "people": tuple(config.get("people", ())),
            }
        )
        model = head.build()
        load_model(model, str(weights))
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise DataError(f"{folder}: not a model bundle of this project ({error})") from error
    return head, model.eval()
