"""Configuration of the evaluation."""

from pathlib import Path

from pydantic import Field

from ariigcn.core.settings import Section


class EvaluationConfig(Section):
    """What is drawn of the trained models; every experiment is always scored and tabled."""

    figures_of: tuple[str, ...] = Field(
        (),
        description="Experiments that get figures of their own (confusion matrix, learning curves, "
        "discriminators, reliability). Empty: all of them.",
    )
    missing_of: tuple[str, ...] | None = Field(
        None,
        description="Experiments that are tested with modalities masked. Null: the first one, and "
        "the first that was trained with modality dropout.",
    )
    published: Path | None = Field(
        None,
        description="CSV of published figures to set below the results (docs/statistics.md). Null: "
        "the few that ship with their addresses.",
    )
