"""Configuration of predictions in the workflow: which model, and recordings without a transcript."""

from typing import Annotated, Literal

from pydantic import Field

from ariigcn.core.settings import SPEED, Section
from ariigcn.speech.settings import SpeechSettings


class PredictConfig(Section):
    """Predictions of a corpus by a trained model (docs/predict.md)."""

    model: str | None = Field(
        None,
        min_length=1,
        description="Trained model, by a name that `ariigcn models` lists or by its folder; also "
        "written `--config model=NAME`. Encoders and graph are then the model's; features' encoders, "
        "graph, model, training and experiments are not read. Null: models are trained.",
    )
    transcribe: Literal["missing", "never"] = Field(
        "missing",
        description="missing: a recording without a transcript gets a machine's (the extra "
        "ariigcn[speech]). never: it gets no prediction, and its row says so.",
    )
    shards: Annotated[int, SPEED] = Field(
        8, ge=1, description="Jobs that transcription is split in; 64 suits a cluster."
    )
    speech: SpeechSettings = Field(
        default_factory=SpeechSettings, description="How a machine listens."
    )
