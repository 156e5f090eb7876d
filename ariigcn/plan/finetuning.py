"""Encoders that the workflow fine-tunes: which, and where they lie."""

from ariigcn.config.sections import ExperimentConfig
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.registry import FINETUNED
from ariigcn.finetune.config import Parameters
from ariigcn.plan.files import Files


def with_folder(experiment: ExperimentConfig, files: Files) -> ExperimentConfig:
    """The experiment, its fine-tuned encoder with the folder that the workflow writes.

    A folder that the user names stays.
    """
    text = experiment.features.text
    if text.encoder != FINETUNED or text.parameters["folder"] is not None:
        return experiment
    named = {**text.parameters, "folder": files.finetuned(Parameters(**text.parameters).name())}
    # The store keeps its name: where the folder lies is no part of what it holds.
    text = text.model_copy(update={"parameters": named, "name": text.store})
    features = experiment.features.model_copy(update={"text": text})
    return experiment.model_copy(update={"features": features})


def fine_tuning(encoder: EncoderConfig, files: Files) -> Parameters | None:
    """How the workflow fine-tunes an encoder; None where it does not."""
    if encoder.encoder != FINETUNED:
        return None
    parameters = Parameters(**encoder.parameters)
    return parameters if parameters.folder == files.finetuned(parameters.name()) else None
