"""Configuration of the report."""

from typing import Literal

from pydantic import Field

from ariigcn.core.settings import Section


class ReportConfig(Section):
    """The page that people read."""

    title: str = Field("", description="Heading of the page. Empty: made from the corpus's name.")
    listed_utterances: int = Field(
        20, ge=0, description="Masked utterances listed by name, a modality; all are counted."
    )
    minimum_seeds: int = Field(
        5, ge=1, description="Seeds below which the page calls an experiment preliminary."
    )
    conversations: Literal["test", "all", "none"] = Field(
        "test", description="Dialogues that the page holds: of the test split, all, or none."
    )
    text: bool | None = Field(
        None,
        description="Show what was said. Null: as the corpus's licence allows, see docs/report.md.",
    )
    pictures: bool | None = Field(
        None,
        description="Five face crops among what is said of the data. Null: for demo and folder "
        "only; the licences of the other corpora do not let their pictures be passed on.",
    )
