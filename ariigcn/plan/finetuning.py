"""Encoders that the workflow fine-tunes: which, and where they lie."""

from typing import Any

from ariigcn.config.sections import ExperimentConfig
from ariigcn.core.modality import MODALITIES
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.registry import FINETUNED
from ariigcn.finetune.config import Learning
from ariigcn.finetune.kind import parameters_of
from ariigcn.plan.files import Files


def with_folder(experiment: ExperimentConfig, files: Files) -> ExperimentConfig:
    """The experiment, its fine-tuned encoders with the folders that the workflow writes.

    A folder that the user names stays.
    """
    changed: dict[str, Any] = {}
    for modality in MODALITIES:
        own = experiment.features.of(modality)
        if own.encoder != FINETUNED or own.parameters["folder"] is not None:
            continue
        name = parameters_of(modality, own.parameters).name()
        named = {**own.parameters, "folder": files.finetuned(name)}
        # The store keeps its name: where the folder lies is no part of what it holds.
        update = {"parameters": named, "name": own.store}
        changed[str(modality)] = own.model_copy(update=update)
    features = experiment.features.model_copy(update=changed)
    return experiment.model_copy(update={"features": features})


def fine_tuning(encoder: EncoderConfig, files: Files) -> Learning | None:
    """How the workflow fine-tunes an encoder; None where it does not."""
    if encoder.encoder != FINETUNED:
        return None
    parameters = parameters_of(encoder.modality, encoder.parameters)
    return parameters if parameters.folder == files.finetuned(parameters.name()) else None
