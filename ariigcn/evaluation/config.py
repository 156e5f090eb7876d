"""Configuration of the evaluation."""

from pydantic import Field

from ariigcn.core.settings import Section


class EvaluationConfig(Section):
    """What is drawn of the trained models; every experiment is always scored and tabled."""

    figures_of: tuple[str, ...] = Field(
        (),
        description="Experiments that get figures of their own (confusion matrix, learning curves, "
        "discriminators). Empty: all of them.",
    )
