"""Configuration of the report."""

from typing import Literal

from pydantic import Field

from ariigcn.core.settings import Section


class ReportConfig(Section):
    """The page that people read."""

    title: str = Field("", description="Heading of the page. Empty: the name of the corpus.")
    listed_utterances: int = Field(
        20,
        ge=0,
        description="Number of masked utterances listed by name for each modality; all are counted.",
    )
    minimum_seeds: int = Field(
        5, ge=1, description="Seeds below which the page calls an experiment preliminary."
    )
    conversations: Literal["test", "all", "none"] = Field(
        "test", description="Dialogues on the page: those of the test split, all, or none."
    )
    text: bool | None = Field(
        None,
        description="Show the words. Null: only if the corpus's licence allows it, see "
        "docs/report.md.",
    )
    pictures: bool | None = Field(
        None,
        description="Show five face crops in the section on the data. Null: for demo and folder only;"
        " the licences of the other corpora forbid passing pictures on.",
    )
