"""Configuration of the evaluation."""

from pathlib import Path

from pydantic import Field

from ariigcn.core.settings import Names, Section


class EvaluationConfig(Section):
    """Figures and tests of the trained models. The tables always hold every experiment."""

    figures_of: Names = Field(
        (),
        description="Experiments that get their own figures (confusion matrix, learning curves, "
        "discriminators, reliability). Empty: all.",
    )
    missing_of: Names | None = Field(
        None,
        description="Experiments that are tested with modalities masked. Null: the first one, and "
        "the first that was trained with modality dropout.",
    )
    published: Path | None = Field(
        None,
        description="CSV of published figures to print below the results (docs/statistics.md). Null: "
        "the few in the package.",
    )
