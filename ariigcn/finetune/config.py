"""What a user says of a fine-tuned encoder, whatever it reads: its base, how it learns, what it gives."""

import hashlib
import json
from typing import Any, ClassVar, Literal

from pydantic import Field

from ariigcn.core.modality import Modality
from ariigcn.core.settings import Section

# The files of an encoder's folder, beside its base's settings.
WEIGHTS, HEAD, FACTS = "model.safetensors", "head.safetensors", "finetuned.json"
HISTORY, OUTPUTS, ANCHORS = "history.parquet", "outputs.h5", "anchors.h5"
BASE = "base"  # the folder beside encoders that a model carries: what they were, where it is needed
ALL = 0  # the number of the encoder that learns on every training dialogue


def encoder_folder(folder: str, number: int | str) -> str:
    """Where one encoder stands in a folder of fine-tuned ones."""
    return f"{folder}/encoder-{number}"


class Learning(Section):
    """Parameters of every fine-tuned encoder; a modality's own add what it reads.

    Attributes:
        modality: what is fine-tuned.
        after: the parameters that are read only once the encoders have learned.
        reading: those that decide what is read of a clip's file, beside the base.
    """

    modality: ClassVar[Modality]
    after: ClassVar[tuple[str, ...]] = ("folder", "gives", "unseen")
    reading: ClassVar[tuple[str, ...]] = ()

    folder: str | None = Field(
        None,
        description="Folder of encoders that are fine-tuned already. Null: the workflow fine-tunes them.",
    )
    base: str = Field(
        min_length=1,
        description="What is fine-tuned: an encoder's name on the Hugging Face hub, or its folder.",
    )
    revision: str | None = Field(
        None, description="Commit, tag or branch of the base on the hub. Null: the main branch."
    )
    folds: int = Field(
        5,
        ge=1,
        description="A training dialogue is encoded by an encoder that has not seen it: so many parts, an "
        "encoder for each. 1: one encoder, which has seen all of them (plain, as papers do it).",
    )
    epochs: int = Field(3, ge=1, description="Passes over the training utterances.")
    batch: int = Field(16, ge=1, description="Utterances a step.")
    learning_rate: float = Field(5e-5, gt=0, description="Of the last layer and the head.")
    layer_decay: float = Field(
        0.9,
        gt=0,
        le=1,
        description="A layer's learning rate is this share of the layer's above it.",
    )
    warmup: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Share of the steps in which the rate grows; it then falls to 0.",
    )
    weight_decay: float = Field(0.01, ge=0, description="Of matrices; not of biases and norms.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Before the head.")
    class_weight_power: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Weight of a class in the loss: its frequency to minus this power.",
    )
    freeze_embeddings: bool = Field(
        True,
        description="Leave the lowest part as it is: word embeddings (half of a small encoder's weights), "
        "the convolutions over sound, the embedding of a picture's patches.",
    )
    lora_rank: int = Field(
        0,
        ge=0,
        description="Learn low-rank additions to the matrices and nothing else of the base (LoRA); for "
        "large encoders. 0: learn every weight.",
    )
    precision: Literal["float32", "bf16"] = Field(
        "float32", description="Number format of the matrix products while it learns."
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute layers twice and keep less: less memory, more time."
    )
    threads: int = Field(
        2, ge=1, description="CPU threads. Sums depend on them, and so the last bits of the result."
    )
    seed: int = Field(0, ge=0, description="Of the head, the order of utterances and the folds.")
    gives: Literal["vectors", "aligned", "logits", "vectors-logits", "frozen-logits"] = Field(
        "vectors",
        description="An utterance's features: the fine-tuned vector; the vector, turned into the space of "
        "the first encoder (orthogonal Procrustes); the head's log-probabilities; vector and "
        "log-probabilities; or the base's own vector with the log-probabilities beside it.",
    )
    unseen: Literal["mean", "all"] = Field(
        "mean",
        description="What encodes utterances outside the training split: the mean over the folds' "
        "encoders, or one more encoder, which learns on all training dialogues.",
    )

    @property
    def encoders(self) -> tuple[int, ...]:
        """The encoders that are needed: :data:`ALL`, and each fold's by its number from 1."""
        if self.folds == 1:
            return (ALL,)
        folds = tuple(range(1, self.folds + 1))
        return (ALL, *folds) if self.unseen == "all" else folds

    @property
    def encoding(self) -> tuple[int, ...]:
        """Those whose mean encodes an utterance that none of them has seen."""
        return (ALL,) if self.folds == 1 or self.unseen == "all" else self.encoders

    @property
    def fitted_on(self) -> str:
        """What of the corpus the encoder of a training utterance has learned from."""
        return "train, plain" if self.folds == 1 else "train, cross-fitted"

    def learned(self) -> dict[str, Any]:
        """What decides the weights of an encoder, beside the corpus and its fold."""
        return self.model_dump(mode="json", exclude={*self.after, "folds"})

    def decoding(self) -> dict[str, Any]:
        """What decides what is read of a clip's file; empty where only its text is read."""
        if not self.reading:
            return {}
        return self.model_dump(mode="json", include={"base", "revision", *self.reading})

    @property
    def needed(self) -> tuple[str, ...]:
        """The folders of the encoders that are needed."""
        return tuple(encoder_folder(str(self.folder), number) for number in self.encoders)

    def name(self) -> str:
        """A short name of everything that decides the encoders; stores that share it share them."""
        return f"{self.modality}-{_digest([self.learned(), self.folds])}"

    def decoding_name(self) -> str:
        """A short name of :meth:`decoding`; encoders that share it share what is read."""
        return f"{self.modality}-{_digest(self.decoding())}"


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:10]
