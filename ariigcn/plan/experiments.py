"""The experiments of a configuration: grids become cells, overrides become whole sections."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ariigcn.config.sections import Config, ExperimentConfig
from ariigcn.core.settings import describe, dotted, unknown_name
from ariigcn.models.registry import is_read

OVERRIDABLE = tuple(ExperimentConfig.model_fields)
NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
# Folders beside the experiments'.
RESERVED = ("decoded", "features", "figures", "finetuned", "graphs", "tables", "tune")


def resolve(config: Config, name: str, overrides: Mapping[str, Any]) -> ExperimentConfig:
    """The shared sections with an experiment's overrides on top, checked.

    Raises:
        ValueError: the name cannot name a folder; a key is unknown, impossible, or one that the
            experiment's model does not read.
    """
    where = f"experiments.{name}"
    if not NAME.fullmatch(name) or name in RESERVED:
        raise ValueError(
            f"{where}: '{name}' cannot name an experiment; use small letters, digits, '.' and '-', "
            f"and none of {', '.join(RESERVED)}"
        )
    for key in overrides:
        if key not in OVERRIDABLE:
            raise ValueError(f"{where}: {unknown_name(str(key), list(OVERRIDABLE), 'section')}")
    shared = config.model_dump(mode="json", include=set(OVERRIDABLE))
    own = overrides.get("model", {})
    if isinstance(own, Mapping) and own.get("name", config.model.name) != config.model.name:
        shared["model"].pop("parameters")  # they are another model's
    try:
        resolved = ExperimentConfig(**merge(shared, overrides))
    except ValidationError as error:
        raise ValueError("; ".join(describe(error, where))) from None
    for key in dotted(own):
        if not is_read(resolved.model.name, key):
            raise ValueError(
                f"{where}: the model {resolved.model.name} does not read model.{key}; remove it"
            )
    return resolved.model_copy(update={"model": resolved.model.read()})


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` on top of ``base``, sections merged key by key, everything else replaced.

    An encoder that is replaced by another does not inherit its parameters.
    """
    merged = dict(base)
    if over.get("encoder", base.get("encoder")) != base.get("encoder"):
        merged.pop("parameters", None)
        merged.pop("name", None)
    for key, value in over.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], value) if nested else value
    return merged


def trained_as(experiments: Mapping[str, ExperimentConfig]) -> dict[str, str]:
    """Each experiment's name -> the first one that is the same; its runs are this one's too.

    The same are those that train the same models on the same features and graph.
    """
    first: dict[str, str] = {}
    return {name: first.setdefault(_decided(own), name) for name, own in experiments.items()}


def _decided(experiment: ExperimentConfig) -> str:
    """All that an experiment's runs depend on, as one text."""
    encoders = {m: encoder.model_dump(mode="json") for m, encoder in experiment.encoders.items()}
    sections = (experiment.graph, experiment.model)
    plain = [section.model_dump(mode="json") for section in sections]
    return json.dumps([encoders, *plain, experiment.training.deciding()])


def ablations(
    experiments: Mapping[str, ExperimentConfig], overrides: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Experiments with the first one's model and modalities, and what each of them sets."""
    first, *others = experiments
    main, found = experiments[first].model, {}
    for name in others:
        model, own = experiments[name].model, dotted(overrides[name])
        alike = (model.name, model.modalities) == (main.name, main.modalities)
        if alike and own and "model.modalities" not in own:
            found[name] = ", ".join(f"{key} {value}" for key, value in own.items())
    return found
