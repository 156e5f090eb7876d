"""Configuration of the corpora that have something to configure."""

from pydantic import Field

from ariigcn.core.settings import Section


class DemoConfig(Section):
    """The built-in corpus: made on the spot, deterministic."""

    dialogues: int = Field(40, ge=3, description="Conversations; about ten utterances each.")
    seed: int = Field(20231216, ge=0, description="Seed of script, voices and faces.")
    broken_clips: bool = Field(
        True, description="Break some clips on purpose, to show how they come out."
    )


class SplitConfig(Section):
    """How validation is cut where a corpus has none of its own."""

    validation_share: float = Field(0.1, gt=0, lt=0.5, description="Share of training dialogues.")
    seed: int = Field(0, ge=0, description="Seed of the cut; it is by dialogue.")
