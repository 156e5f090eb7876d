"""Configuration of the features: one encoder a modality, and how clips are worked through."""

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from ariigcn.core.modality import Modality
from ariigcn.core.plugins import short_name
from ariigcn.core.settings import SPEED, Section
from ariigcn.features.encoders.registry import PUBLISHED, encoder_parameters


class EncoderConfig(Section):
    """One modality's encoder."""

    modality: Modality
    encoder: str = Field(
        description="Name of an encoder, 'published' for imported files, or 'module:my_lab.pitch' for "
        "a module of your own (docs/extending.md)."
    )
    name: str = Field(
        "",
        pattern=r"^[a-z0-9][a-z0-9-]*$|^$",
        description="Name of the feature file; needed only where one encoder is used with two "
        "sets of parameters. Empty: the encoder's name.",
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
        """Name of the store's file, without modality and ending."""
        return self.name or short_name(self.encoder)


class FeaturesConfig(Section):
    """From clips to vectors."""

    text: EncoderConfig = Field(
        description="Text encoder.",
        default_factory=lambda: EncoderConfig(modality="text", encoder="minilm"),
    )
    audio: EncoderConfig = Field(
        description="Audio encoder.",
        default_factory=lambda: EncoderConfig(modality="audio", encoder="opensmile"),
    )
    video: EncoderConfig = Field(
        description="Video encoder.",
        default_factory=lambda: EncoderConfig(modality="video", encoder="efficientnet-lite0"),
    )
    block: Annotated[int, SPEED] = Field(
        64,
        ge=1,
        description="Utterances a block, four times as many for text; a killed extraction repeats at "
        "most one a worker.",
    )
    timeout_s: Annotated[float, SPEED] = Field(
        120.0, gt=0, description="Seconds after which a clip counts as failed; what stands is kept."
    )
    max_failed_share: Annotated[float, SPEED] = Field(
        0.5,
        ge=0,
        le=1,
        description="An extraction in which a larger share failed than this stops with the first "
        "reasons. Failed are clips that are not there, or cannot be read or encoded; not counted are "
        "utterances for which the table names none. None that can be used stops it always.",
    )
    shards: Annotated[int, SPEED] = Field(
        1, ge=1, description="Jobs that an encoder's extraction is split in; 64 suits a cluster."
    )
    workers_per_gpu: Annotated[int, SPEED] = Field(
        2,
        ge=1,
        description="Processes that share a GPU, where an encoder computes on one; each holds the model "
        "once. No more work at once, however many cores a job has.",
    )
    cache: Annotated[str | None, SPEED] = Field(
        "cache",
        min_length=1,
        description="Folder of results by content, below data_dir unless absolute: no clip meets the "
        "same encoder twice. Null: none.",
    )

    @field_validator("text", "audio", "video", mode="before")
    @classmethod
    def _fill_modality(cls, value: Any, info: Any) -> Any:
        return {"modality": info.field_name, **value} if isinstance(value, dict) else value

    def of(self, modality: Modality) -> EncoderConfig:
        """The encoder of one modality."""
        encoder: EncoderConfig = getattr(self, modality)
        return encoder

    def block_of(self, modality: Modality) -> int:
        """Utterances a block of one modality: of many texts, more have the same length."""
        return self.block * (4 if modality == "text" else 1)
