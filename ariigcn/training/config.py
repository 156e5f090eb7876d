"""Configuration of training."""

from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, field_validator, model_validator

from ariigcn.core.settings import SPEED, Names, Section, Seeds

Scalar = bool | int | float | str | None
FEATURES_MB = 2048


class TrainingConfig(Section):
    """One loop for every model."""

    epochs: int = Field(
        40, ge=1, description="Largest number of passes over the training dialogues."
    )
    batch_dialogues: int = Field(
        8, ge=1, description="Dialogues per step, unless batch_utterances is set."
    )
    batch_utterances: int | None = Field(
        None,
        ge=1,
        description="Utterances per step: as many whole dialogues as fit, so that steps are alike "
        "however long dialogues are; a longer dialogue is alone. null: batch_dialogues counts.",
    )
    curriculum_epochs: int = Field(
        0,
        ge=0,
        description="From easy to hard: epochs until every training dialogue is read. The first reads "
        "those in which emotions change least. 0: all from the start.",
    )
    learning_rate: float = Field(
        1e-3, gt=0, description="Learning rate of AdamW for everything except the discriminators."
    )
    discriminator_learning_rate: float = Field(
        1e-3, gt=0, description="Learning rate of AdamW for the discriminators."
    )
    discriminator_steps: int = Field(1, ge=1, description="Discriminator steps per batch.")
    weight_decay: float = Field(1e-2, ge=0, description="Weight decay of AdamW.")
    schedule: Literal["constant", "cosine"] = Field(
        "cosine", description="Learning rate over all epochs, after the warm-up."
    )
    warmup_epochs: int = Field(2, ge=0, description="Epochs of linear learning-rate warm-up.")
    clip_norm: float = Field(1.0, gt=0, description="Largest norm of the gradient.")
    average: float = Field(
        0.99,
        ge=0,
        le=1,
        description="Decay per step of the moving average of weights (EMA). 0: no average; 1: the "
        "plain mean since the warm-up (SWA).",
    )
    selection: Literal["validation", "last"] = Field(
        "validation",
        description="validation: the epoch with the best validation weighted F1, with early "
        "stopping; last: a fixed number of epochs, for corpora without a validation split.",
    )
    accept_fitted: str = Field(
        "",
        description="If an encoder has seen the training labels, selection on validation dialogues "
        "taken from training is refused. To allow it, write the reason here; the report "
        "prints it.",
    )
    patience: int = Field(
        10, ge=1, description="Training stops after this many epochs without a better one."
    )
    checkpoint_s: Annotated[float, SPEED] = Field(
        60.0,
        ge=0,
        description="Least number of seconds between checkpoints; 0: one after every epoch. A run "
        "that is asked to stop always writes one.",
    )
    features_mb: Annotated[float, SPEED] = Field(
        FEATURES_MB,
        ge=0,
        description="A corpus whose features take no more MB than this has them in memory, on the GPU if "
        "there is one. Those of a larger one stay in their stores and are read a batch at a time; the "
        "result is the same to the bit.",
    )
    threads: int = Field(
        1,
        ge=1,
        description="CPU threads. The number changes the result, because sums depend on it.",
    )
    processes: int = Field(
        1,
        ge=1,
        description="Processes that share the batches of a run, with one GPU each. The number changes"
        " the result, as threads do, and because each process draws its own dropout.",
    )
    device: Annotated[Literal["auto", "cpu", "cuda"], SPEED] = Field(
        "auto",
        description="auto: a GPU if there is one. Another kind of machine changes last bits; that "
        "does not train again.",
    )
    precision: Literal["float32", "tf32", "bf16"] = Field(
        "float32",
        description="Precision of matrix products. tf32 works only on a GPU; bf16 (autocast) also on "
        "a CPU, slowly if the CPU has no instructions for it.",
    )


def _plain(value: Any) -> Any:
    """A value as YAML reads it; text that is none stays as it is."""
    try:
        return yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError:
        return value


class Choice(Section):
    """One of several values."""

    values: tuple[Scalar, ...] = Field(min_length=1, description="What there is to choose from.")

    @field_validator("values", mode="before")
    @classmethod
    def _numbers(cls, value: Any) -> Any:
        """After ``--config`` numbers come as text, which would differ from the configured ones."""
        return [_plain(each) for each in value] if isinstance(value, list | tuple) else value

    @property
    def bounds(self) -> tuple[Scalar, ...]:
        """Values that show whether all are possible."""
        return self.values


class Range(Section):
    """A number between two; whole where both are."""

    low: int | float = Field(description="The smallest.")
    high: int | float = Field(description="The largest.")
    log: bool = Field(False, description="Evenly by order of magnitude.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low must be below high (got {self.low} and {self.high})")
        if self.log and self.low <= 0:
            raise ValueError(f"log needs low above 0 (got {self.low})")
        return self

    @property
    def bounds(self) -> tuple[Scalar, ...]:
        """Values that show whether all are possible."""
        return (self.low, self.high)


Values = Choice | Range


def _default_space() -> dict[str, Values]:
    return {
        "model.hidden": Choice(values=(64, 128, 256)),
        "model.dropout": Range(low=0.1, high=0.6),
        "training.learning_rate": Range(low=3e-4, high=3e-3, log=True),
        "model.losses.intra_inter_modal": Range(low=0.01, high=1.0, log=True),
        "model.losses.intra_inter_class": Range(low=0.01, high=1.0, log=True),
        "model.losses.adversarial": Range(low=0.01, high=1.0, log=True),
        "model.losses.margin": Choice(values=(0.3, 0.5, 0.7, 0.9)),
    }


class TuneConfig(Section):
    """Search of hyperparameters, scored by validation weighted F1."""

    experiments: Names = Field(
        (), description="The experiments to search, each separately. Empty: the main one."
    )
    trials: int = Field(30, ge=1, description="Number of settings to try for each experiment.")
    workers: int = Field(
        2,
        ge=1,
        description="Jobs that share an experiment's trials. Only a single job gives the same trials "
        "in every run.",
    )
    seeds: Seeds = Field(
        (0,),
        min_length=1,
        description="Seeds of each trial; its score is the mean over their runs.",
    )
    sampler: Literal["tpe", "random"] = Field(
        "tpe",
        description="tpe learns from earlier trials; random draws the same trials on every machine.",
    )
    space: dict[str, Values] = Field(
        default_factory=_default_space,
        description="Key of model or training -> list of values, or {low, high, log}. An experiment "
        "is searched over the keys that its model reads.",
        json_schema_extra={"additionalProperties": {"type": ["array", "object", "null"]}},
    )

    @field_validator("space", mode="before")
    @classmethod
    def _lists_are_choices(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for key in value:
            if str(key).split(".")[0] not in ("model", "training"):
                raise ValueError(f"'{key}' is not a key of model or training")
        return {
            key: {"values": given} if isinstance(given, list | tuple) else given
            for key, given in value.items()
            if given is not None
        }
