"""The models by name: one entry each, loaded when it is used, since every one of them needs torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ariigcn.core.plugins import Plugins
from ariigcn.core.settings import describe
from ariigcn.models.baselines.parameters import (
    DialogueGCNParameters,
    MLPParameters,
    MMGCNParameters,
    Parameters,
    TransformerParameters,
)

# Keys of ModelConfig, dotted, or whole sections; what a model does not read cannot be set for it.
COMMON = frozenset({
    "hidden", "dropout", "input_dropout", "modality_dropout",
    "losses.label_smoothing", "losses.class_weight_power",
})  # fmt: skip
OF_ARIIGCN = frozenset({
    "alignment", "context", "discriminator", "graph_layer", "graph_layers", "relation_bases", "projection",
    "losses.adversarial", "losses.orthogonality", "losses.weighting",
    "losses.intra_inter_modal", "losses.intra_inter_class", "losses.iccl_with", "losses.memory",
    "losses.reconstruction",
    "losses.prototype_momentum", "losses.prototype_margin", "losses.prototype_balance",
    "losses.form", "losses.pairs", "losses.margin", "losses.temperature", "losses.warmup_epochs",
})  # fmt: skip


@dataclass(frozen=True)
class ModelEntry:
    """Where a model is, what it reads of the configuration, and its own parameters."""

    module: str
    class_name: str
    parameters: type[Parameters] = Parameters
    reads: frozenset[str] = COMMON


MODELS: dict[str, ModelEntry] = {
    "ar-iigcn": ModelEntry("ariigcn.models.ariigcn", "ARIIGCN", reads=COMMON | OF_ARIIGCN),
    "majority": ModelEntry("ariigcn.models.baselines.majority", "Majority", reads=frozenset()),
    "mlp": ModelEntry("ariigcn.models.baselines.mlp", "MLP", MLPParameters),
    "bc-lstm": ModelEntry("ariigcn.models.baselines.bc_lstm", "BcLSTM"),
    "dialogue-rnn": ModelEntry("ariigcn.models.baselines.dialogue_rnn", "DialogueRNN"),
    "dialogue-gcn": ModelEntry(
        "ariigcn.models.baselines.dialogue_gcn", "DialogueGCN", DialogueGCNParameters
    ),
    "mmgcn": ModelEntry("ariigcn.models.baselines.mmgcn", "MMGCN", MMGCNParameters),
    "transformer": ModelEntry(
        "ariigcn.models.baselines.transformer", "TransformerFusion", TransformerParameters
    ),
}


FOUND = Plugins("model", "ariigcn.models", MODELS)
SPEAKER_RELATION = "speaker-relation"
GRAPH_LAYERS = {
    SPEAKER_RELATION: "ariigcn.models.parts.relation_graph:SpeakerRelationLayer",
    **{
        name: f"ariigcn.models.parts.geometric:{name.upper()}"
        for name in ("rgcn", "rgat", "film", "transformer", "gatv2", "resgated")
    },
}
LAYERS_FOUND = Plugins("graph layer", "ariigcn.graph_layers", GRAPH_LAYERS)


def model_entry(name: str) -> ModelEntry:
    """A model's entry.

    Raises:
        ValueError: no model has this name, or what was named is no entry.
    """
    entry = FOUND.load(name)
    if not isinstance(entry, ModelEntry):
        raise ValueError(
            f"'{name}' is not a model: name a ModelEntry, such as module:my_lab.gru:ENTRY"
        )
    return entry


def model_parameters(name: str, given: Mapping[str, Any], hidden: int) -> dict[str, Any]:
    """The model's own parameters, checked and with its defaults filled in."""
    try:
        parameters = model_entry(name).parameters(**given)
    except ValidationError as error:
        raise ValueError("; ".join(describe(error, "parameters"))) from None
    parameters.check(hidden)
    return parameters.model_dump(mode="json")


def is_trained(name: str) -> bool:
    """Whether the loop's settings make a difference to a model."""
    return bool(model_entry(name).reads)


def is_read(name: str, key: str) -> bool:
    """Whether a model reads a dotted key of its section, ``hidden`` or ``losses.margin``."""
    if key in ("name", "modalities"):
        return True
    entry = model_entry(name)
    if key.startswith("parameters."):
        return key.removeprefix("parameters.") in entry.parameters.model_fields
    return key in entry.reads or key.split(".", maxsplit=1)[0] in entry.reads


def model_modules(name: str, graph_layer: str = SPEAKER_RELATION) -> tuple[str, ...]:
    """The dotted names of the modules that hold a model: their code versions decide its runs.

    A graph layer of ours is imported by the model; another's is named beside it.
    """
    of_others = [] if graph_layer in GRAPH_LAYERS else [LAYERS_FOUND.module(graph_layer)]
    return (model_entry(name).module, *of_others)
