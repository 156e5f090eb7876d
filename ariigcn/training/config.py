"""Configuration of training."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ariigcn.core.settings import SPEED, Section

Scalar = bool | int | float | str | None


class TrainingConfig(Section):
    """One loop for every model."""

    epochs: int = Field(40, ge=1, description="Passes over the training dialogues, at most.")
    batch_dialogues: int = Field(8, ge=1, description="Dialogues a step.")
    learning_rate: float = Field(1e-3, gt=0, description="AdamW, of everything but discriminators.")
    discriminator_learning_rate: float = Field(1e-3, gt=0, description="AdamW, of discriminators.")
    discriminator_steps: int = Field(1, ge=1, description="Discriminator steps a batch.")
    weight_decay: float = Field(1e-2, ge=0, description="AdamW.")
    schedule: Literal["constant", "cosine"] = Field(
        "cosine", description="Learning rate over all epochs, after the warm-up."
    )
    warmup_epochs: int = Field(2, ge=0, description="Epochs of linear learning-rate warm-up.")
    clip_norm: float = Field(1.0, gt=0, description="Largest norm of the gradient.")
    average: float = Field(
        0.99,
        ge=0,
        le=1,
        description="Decay of the moving average of weights a step (EMA); 0: none; 1: the plain mean "
        "since the warm-up (SWA).",
    )
    selection: Literal["validation", "last"] = Field(
        "validation",
        description="validation: the epoch with the best validation weighted F1, with early "
        "stopping; last: a fixed number of epochs, for corpora without a validation split.",
    )
    accept_fitted: str = Field(
        "",
        description="Selecting on validation that was cut from training is refused where an encoder has "
        "seen the labels of training. Who wants it all the same says here why; the report prints it.",
    )
    patience: int = Field(10, ge=1, description="Epochs without a better one before stopping.")
    checkpoint_s: Annotated[float, SPEED] = Field(
        60.0,
        ge=0,
        description="Seconds between checkpoints, at least; 0: every epoch. Asked to stop, a run writes "
        "one in any case.",
    )
    threads: int = Field(
        1, ge=1, description="CPU threads; part of the result, since sums depend on it."
    )
    processes: int = Field(
        1,
        ge=1,
        description="Processes that share a run's batches, a GPU each; part of the result, as "
        "threads are, and so is the dropout that each draws.",
    )
    device: Annotated[Literal["auto", "cpu", "cuda"], SPEED] = Field(
        "auto",
        description="auto: a GPU where there is one. Another kind of machine gives other last bits, "
        "which is no reason to train again.",
    )
    precision: Literal["float32", "tf32", "bf16"] = Field(
        "float32",
        description="Of matrix products. tf32 acts on a GPU alone; bf16 (autocast) on a CPU too, "
        "which is slow without instructions for it.",
    )


class Choice(Section):
    """One of several values."""

    values: tuple[Scalar, ...] = Field(min_length=1, description="What there is to choose from.")

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
            raise ValueError(f"low must lie below high (got {self.low} and {self.high})")
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

    experiments: tuple[str, ...] = Field(
        (), description="Which experiments, each searched by itself. Empty: the main one."
    )
    trials: int = Field(30, ge=1, description="Settings tried an experiment.")
    workers: int = Field(
        2, ge=1, description="Jobs that share an experiment's trials; one alone repeats itself."
    )
    seeds: tuple[int, ...] = Field(
        (0,), min_length=1, description="Runs of a trial; its score is their mean."
    )
    sampler: Literal["tpe", "random"] = Field(
        "tpe", description="tpe learns from the trials so far, random is the same on every machine."
    )
    space: dict[str, Values] = Field(
        default_factory=_default_space,
        description="Key of model or training -> list of values, or {low, high, log}. An experiment "
        "is searched over the keys that its model reads.",
    )

    @field_validator("space", mode="before")
    @classmethod
    def _lists_are_choices(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for key in value:
            if str(key).split(".")[0] not in ("model", "training"):
                raise ValueError(f"'{key}' is no key of model or training")
        return {
            key: {"values": given} if isinstance(given, list | tuple) else given
            for key, given in value.items()
            if given is not None
        }
