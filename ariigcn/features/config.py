"""Configuration of the features: one encoder a modality, and how clips are worked through."""

import json
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from ariigcn.core.modality import Modality
from ariigcn.core.plugins import short_name
from ariigcn.core.settings import SPEED, Section
from ariigcn.features.encoders.registry import PUBLISHED, encoder_parameters, own_parameters

DEFAULTS: dict[str, str] = {
    "text": "minilm",
    "audio": "opensmile",
    "video": "efficientnet-lite0",
}


def _as_written(schema: dict[str, Any]) -> None:
    """The schema of what a user writes: the section's place says the modality, which has a default."""
    schema["properties"].pop("modality")
    schema.pop("required", None)


class EncoderConfig(Section):
    """One modality's encoder."""

    model_config = ConfigDict(json_schema_extra=_as_written)

    modality: Modality
    encoder: str = Field(
        description="Name of an encoder, 'published' for imported files, or 'module:my_lab.pitch' for "
        "a module of your own (docs/extending.md)."
    )
    name: str = Field(
        "",
        pattern=r"^[a-z0-9][a-z0-9-]*$|^$",
        description="Name of the feature file. Empty: the encoder's name, and a digest of parameters "
        "that are not its defaults.",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        validate_default=True,
        description="The encoder's own parameters; see docs/encoders.md.",
    )

    @model_validator(mode="after")
    def _check_parameters(self) -> Self:
        checked = encoder_parameters(self.modality, self.encoder, self.parameters)
        object.__setattr__(self, "parameters", checked)
        return self

    @property
    def is_published(self) -> bool:
        """Whether the features are read from files that others have published."""
        return self.encoder == PUBLISHED

    @property
    def store(self) -> str:
        """Name of the store's file, without modality and ending.

        Two sets of parameters never share a name that nobody chose: a changed parameter leaves the
        features of other runs as they are.
        """
        if self.name:
            return self.name
        own = own_parameters(self.modality, self.encoder, self.parameters)
        if not own:
            return short_name(self.encoder)
        digest = sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:8]
        return f"{short_name(self.encoder)}-{digest}"


class Normalisation(Section):
    """A modality's features relative to who speaks: a step after extraction."""

    normalise: Literal["none", "speaker", "beside"] = Field(
        "none",
        description="Features relative to their speaker. speaker: minus the speaker's mean, divided by "
        "the speaker's scale; beside: the plain values and these; none: the plain values.",
    )
    normalise_over: Literal["dialogue", "corpus"] = Field(
        "dialogue",
        description="Whose mean and scale. dialogue: of the speaker's utterances in the dialogue, up to "
        "the present one if graph.future is 0; corpus: of the training split's utterances "
        "under the speaker's name; a name that it lacks is treated as with dialogue.",
    )
    normalise_prior: float = Field(
        4.0,
        gt=0,
        description="Weight of the training split's mean and scale beside the speaker's own, in "
        "utterances.",
    )


class ModalityConfig(Normalisation, EncoderConfig):
    """One modality's encoder, and what is done with its vectors."""

    @property
    def extraction(self) -> EncoderConfig:
        """What decides the store."""
        return EncoderConfig(**self.model_dump(include=set(EncoderConfig.model_fields)))

    @property
    def normalisation(self) -> Normalisation:
        """What is done with the store's vectors."""
        return Normalisation(**self.model_dump(include=set(Normalisation.model_fields)))


class FeaturesConfig(Section):
    """From clips to vectors."""

    text: ModalityConfig = Field(
        description="Text encoder.",
        default_factory=lambda: ModalityConfig(modality="text", encoder=DEFAULTS["text"]),
    )
    audio: ModalityConfig = Field(
        description="Audio encoder.",
        default_factory=lambda: ModalityConfig(modality="audio", encoder=DEFAULTS["audio"]),
    )
    video: ModalityConfig = Field(
        description="Video encoder.",
        default_factory=lambda: ModalityConfig(modality="video", encoder=DEFAULTS["video"]),
    )
    block: Annotated[int, SPEED] = Field(
        64,
        ge=1,
        description="Utterances per block, four times as many for text. A killed extraction repeats "
        "at most one block per worker.",
    )
    timeout_s: Annotated[float, SPEED] = Field(
        120.0,
        gt=0,
        description="Seconds after which a clip counts as failed. A change does not affect finished "
        "results.",
    )
    max_failed_share: Annotated[float, SPEED] = Field(
        0.5,
        ge=0,
        le=1,
        description="If a larger share of clips fails, the extraction stops and gives the first "
        "reasons. A clip fails if it does not exist or cannot be read or encoded. "
        "Utterances without a clip in the table do not count. If no clip can be used, the"
        " extraction always stops.",
    )
    shards: Annotated[int, SPEED] = Field(
        1, ge=1, description="Number of jobs for the extraction of one encoder; 64 suits a cluster."
    )
    workers_per_gpu: Annotated[int, SPEED] = Field(
        2,
        ge=1,
        description="Processes that share a GPU, if the encoder computes on one. Each holds the model"
        " once. No more run at once, however many cores a job has.",
    )
    cache: Annotated[str | None, SPEED] = Field(
        "cache",
        min_length=1,
        description="Folder of cached results, below data_dir unless absolute: an encoder reads each "
        "clip only once. Null: no cache.",
    )

    @field_validator("text", "audio", "video", mode="before")
    @classmethod
    def _fill_modality(cls, value: Any, info: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {"modality": info.field_name, "encoder": DEFAULTS[info.field_name], **value}

    def of(self, modality: Modality) -> ModalityConfig:
        """The encoder of one modality."""
        encoder: ModalityConfig = getattr(self, modality)
        return encoder

    def block_of(self, modality: Modality) -> int:
        """Utterances a block of one modality: of many texts, more have the same length."""
        return self.block * (4 if modality == "text" else 1)
