"""The whole configuration as a user wrote it: one section a room, each key checked by itself.

What follows from it, and what keys forbid each other, is :mod:`ariigcn.plan`'s.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator, model_validator

from ariigcn.core.errors import ConfigError, problem_list
from ariigcn.core.modality import Modality
from ariigcn.core.settings import SPEED, Section, Seeds, describe
from ariigcn.corpora.config import (
    DemoConfig,
    DownloadConfig,
    FolderConfig,
    IemocapConfig,
    MeldConfig,
    MosiConfig,
    PublishedConfig,
    SplitConfig,
)
from ariigcn.corpora.registry import CORPORA, corpus_module
from ariigcn.evaluation.config import EvaluationConfig
from ariigcn.features.config import FeaturesConfig, ModalityConfig
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.config import ModelConfig
from ariigcn.predict.config import PredictConfig
from ariigcn.report.config import ReportConfig
from ariigcn.training.config import TrainingConfig, TuneConfig

RUN = r"^[a-z0-9][a-z0-9_-]*$"  # what names a run, and so its folder
REFUSED = "the configuration cannot be used (no job was started)"
LISTS = {"tune": ("experiments",), "evaluation": ("figures_of", "missing_of")}  # of experiments


def _main_experiment() -> dict[str, dict[str, Any]]:
    return {"ar-iigcn": {}}


class ExperimentConfig(Section):
    """The sections that an experiment may override, resolved."""

    features: FeaturesConfig = Field(default_factory=FeaturesConfig, description="Encoders.")
    graph: GraphConfig = Field(default_factory=GraphConfig, description="Speaker-relation graph.")
    model: ModelConfig = Field(default_factory=ModelConfig, description="AR-IIGCN.")
    training: TrainingConfig = Field(default_factory=TrainingConfig, description="The loop.")

    @property
    def encoders(self) -> dict[Modality, ModalityConfig]:
        """The encoders of the modalities that the model reads, in its order."""
        return {m: self.features.of(m) for m in self.model.modalities}


class Config(ExperimentConfig):
    """A run of the workflow."""

    corpus: str = Field("demo", description=f"Which corpus: {', '.join(CORPORA)}.")
    corpus_root: Path | None = Field(
        None,
        description="Folder of the corpus. Null: the workflow makes demo and downloads meld, emorynlp "
        "and dailydialog; the others need a folder.",
    )
    data_dir: Annotated[Path, SPEED] = Field(
        Path("data"),
        description="Folder for utterance tables and made corpora. In a new folder everything is made"
        " again.",
    )
    results_dir: Annotated[Path, SPEED] = Field(
        Path("results"),
        description="Folder for everything else. In a new folder everything is made again.",
    )
    run: Annotated[str | None, SPEED] = Field(
        None,
        pattern=RUN,
        coerce_numbers_to_str=True,
        json_schema_extra={
            "anyOf": [{"pattern": RUN, "type": "string"}, {"type": "integer"}, {"type": "null"}]
        },
        description="Gives the run a results folder of its own, for another configuration of the same "
        "corpus: demo.wide for run: wide, beside demo. Features and graphs are shared with the other "
        "runs. Null: the corpus's folder.",
    )
    demo: DemoConfig = Field(default_factory=DemoConfig, description="The built-in corpus.")
    download: Annotated[DownloadConfig, SPEED] = Field(
        default_factory=DownloadConfig, description="Where a corpus is downloaded from."
    )
    folder: FolderConfig = Field(default_factory=FolderConfig, description="A folder of your own.")
    iemocap: IemocapConfig = Field(default_factory=IemocapConfig, description="IEMOCAP.")
    meld: MeldConfig = Field(default_factory=MeldConfig, description="MELD.")
    mosi: MosiConfig = Field(default_factory=MosiConfig, description="CMU-MOSI.")
    published: PublishedConfig = Field(
        default_factory=PublishedConfig, description="Feature files of the field's papers."
    )
    split: SplitConfig = Field(default_factory=SplitConfig, description="How validation is cut.")
    seeds: Seeds = Field(
        (0, 1, 2), min_length=1, description="Each experiment is trained once with each seed."
    )
    runs_per_gpu: Annotated[int, SPEED] = Field(
        1,
        ge=1,
        description="Training runs side by side on one GPU. 1: one job per run. More: one job per "
        "experiment, which trains this many seeds at a time; for runs that take less time"
        " than the start of a job.",
    )
    seeds_in_turn: Annotated[bool, SPEED] = Field(
        False,
        description="One job per experiment, which trains its seeds one after another in one process:"
        " for runs that take only seconds. The results are the same.",
    )
    experiments: dict[str, dict[str, Any]] = Field(
        default_factory=_main_experiment,
        min_length=1,
        description="Named overrides of features, graph, model and training, and grids of them "
        "(docs/experiments.md); the first is the main one.",
        json_schema_extra={"additionalProperties": {"type": ["object", "null"]}},
    )
    evaluation: EvaluationConfig = Field(
        default_factory=EvaluationConfig, description="Tables and figures."
    )
    tune: TuneConfig = Field(
        default_factory=TuneConfig, description="Search for better values, on validation alone."
    )
    report: ReportConfig = Field(default_factory=ReportConfig, description="The page.")
    predict: PredictConfig = Field(
        default_factory=PredictConfig, description="Predictions by a trained model."
    )

    @field_validator("data_dir", "results_dir")
    @classmethod
    def _without_wildcards(cls, value: Path) -> Path:
        if {"{", "}"} & set(str(value)):
            raise ValueError(f"{value}: Snakemake reads braces as wildcards; name another folder")
        return value

    @field_validator("corpus")
    @classmethod
    def _known_corpus(cls, value: str) -> str:
        corpus_module(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _without_removed(cls, data: Any) -> Any:
        """An overlay removes an experiment of an earlier file by setting it to null."""
        written = data.get("experiments") if isinstance(data, dict) else None
        if not isinstance(written, dict):
            return data
        removed = {name for name, overrides in written.items() if overrides is None}
        kept = {name: over for name, over in written.items() if name not in removed}
        return _unnamed(data, removed) | {"experiments": kept}

    @model_validator(mode="before")
    @classmethod
    def _named_model(cls, data: Any) -> Any:
        """``model: NAME`` instead of a section names a trained model: ``predict.model``."""
        if not (isinstance(data, dict) and isinstance(data.get("model"), str)):
            return data
        rest = {key: value for key, value in data.items() if key != "model"}
        return rest | {"predict": {**(rest.get("predict") or {}), "model": data["model"]}}


def load_config(values: Mapping[str, Any]) -> Config:
    """Check a configuration as Snakemake hands it over.

    Raises:
        ConfigError: naming every key that is wrong, and the mend.
    """
    try:
        return Config(**_with_nulls(dict(values)))
    except ValidationError as error:
        raise ConfigError(problem_list(REFUSED, describe(error))) from None


def _with_nulls(value: Any) -> Any:
    """The values with every word ``null`` as none: Snakemake hands over ``--config`` as text."""
    if isinstance(value, dict):
        return {key: _with_nulls(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_nulls(inner) for inner in value]
    return None if value == "null" else value


def _unnamed(data: dict[str, Any], removed: set[str]) -> dict[str, Any]:
    """The configuration whose lists no longer name what an overlay removed.

    A list that names nothing else stays as it is and becomes an error: an empty one means another thing.
    """
    left = dict(data)
    for section, keys in LISTS.items():
        for key in keys if isinstance(data.get(section), dict) else ():
            names = data[section].get(key)
            names = names if isinstance(names, list | tuple) else []
            if kept := [name for name in names if name not in removed]:
                left[section] = {**left[section], key: kept}
    return left
