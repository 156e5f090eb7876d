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
        description="Trained model: a name that `ariigcn models` lists, or a folder. Short form: "
        "`--config model=NAME`. Encoders and graph are then those of the model; the "
        "configuration's encoders, graph, model, training and experiments are ignored. "
        "Null: train models.",
    )
    transcribe: Literal["missing", "never"] = Field(
        "missing",
        description="missing: a machine transcribes a recording without a transcript (the extra "
        "ariigcn[speech]). never: it gets no prediction, and its row says so.",
    )
    shards: Annotated[int, SPEED] = Field(
        8, ge=1, description="Number of jobs for transcription; 64 suits a cluster."
    )
    speech: SpeechSettings = Field(
        default_factory=SpeechSettings, description="How a machine listens."
    )
