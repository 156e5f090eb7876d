"""Configuration of training."""

from typing import Literal

from pydantic import Field

from ariigcn.core.settings import Section


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
        0.99, ge=0, lt=1, description="Decay of the moving average of weights a step; 0: none."
    )
    selection: Literal["validation", "last"] = Field(
        "validation",
        description="validation: the epoch with the best validation weighted F1, with early "
        "stopping; last: a fixed number of epochs, for corpora without a validation split.",
    )
    patience: int = Field(10, ge=1, description="Epochs without a better one before stopping.")
    checkpoint_s: float = Field(
        10.0,
        ge=0,
        description="Seconds between checkpoints, at least; 0: every epoch. No result depends on it.",
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
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="auto: a GPU where there is one."
    )
    precision: Literal["float32", "tf32", "bf16"] = Field(
        "float32", description="tf32 and bf16 (autocast) act on a GPU only."
    )
