"""The whole configuration: one section a package, checked before the first job starts."""

import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from ariigcn.config.grids import Grid, expand
from ariigcn.core.errors import ConfigError, problem_list
from ariigcn.core.settings import SPEED, Section, describe, dotted, set_path, unknown_name
from ariigcn.corpora.config import (
    OPTIONS,
    DemoConfig,
    DownloadConfig,
    FolderConfig,
    IemocapConfig,
    MeldConfig,
    MosiConfig,
    PublishedConfig,
    SplitConfig,
)
from ariigcn.corpora.registry import CORPORA, SHOWABLE
from ariigcn.evaluation.config import EvaluationConfig
from ariigcn.features.config import EncoderConfig, FeaturesConfig
from ariigcn.features.modality import MODALITIES, Modality
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.config import ModelConfig
from ariigcn.models.registry import is_read, is_trained
from ariigcn.report.config import ReportConfig
from ariigcn.training.config import TrainingConfig, TuneConfig, Values

OVERRIDABLE = ("features", "graph", "model", "training")
LISTS = {"tune": ("experiments",), "evaluation": ("figures_of", "missing_of")}  # of experiments
NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
RESERVED = ("features", "figures", "graphs", "tables", "tune")  # folders beside the experiments'


def _main_experiment() -> dict[str, dict[str, Any]]:
    return {"ar-iigcn": {}}


class ExperimentConfig(Section):
    """The sections that an experiment may override, resolved."""

    features: FeaturesConfig = Field(default_factory=FeaturesConfig, description="Encoders.")
    graph: GraphConfig = Field(default_factory=GraphConfig, description="Speaker-relation graph.")
    model: ModelConfig = Field(default_factory=ModelConfig, description="AR-IIGCN.")
    training: TrainingConfig = Field(default_factory=TrainingConfig, description="The loop.")

    @property
    def encoders(self) -> dict[Modality, EncoderConfig]:
        """The encoders of the modalities that the model reads, in its order."""
        return {m: self.features.of(m) for m in self.model.modalities}

    def equals(self, other: "ExperimentConfig") -> bool:
        """Whether both train the same models on the same features and graph."""
        own, others = ((e.encoders, e.graph, e.model, e.training.deciding()) for e in (self, other))
        return own == others


class Config(ExperimentConfig):
    """A run of the workflow."""

    corpus: str = Field("demo", description=f"Which corpus: {', '.join(CORPORA)}.")
    corpus_root: Path | None = Field(
        None,
        description="Folder that holds the corpus. Null: demo is made, meld is downloaded; the "
        "others need one.",
    )
    data_dir: Annotated[Path, SPEED] = Field(
        Path("data"),
        description="Where utterance tables and made corpora go; another folder starts afresh.",
    )
    results_dir: Annotated[Path, SPEED] = Field(
        Path("results"), description="Where everything else goes; another folder starts afresh."
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
    seeds: tuple[int, ...] = Field(
        (0, 1, 2), min_length=1, description="One training run a seed and experiment."
    )
    runs_per_gpu: Annotated[int, SPEED] = Field(
        1,
        ge=1,
        description="Training runs side by side on one GPU. 1: a job a run; more: a job an "
        "experiment, which trains its seeds by so many, for runs that are short beside a job's start.",
    )
    seeds_in_turn: Annotated[bool, SPEED] = Field(
        False,
        description="A job an experiment, which trains its seeds one after another in one process: "
        "for runs that take seconds, as its start does. The results are the same.",
    )
    experiments: dict[str, dict[str, Any]] = Field(
        default_factory=_main_experiment,
        min_length=1,
        description="Named overrides of features, graph, model and training, and grids of them "
        "(docs/experiments.md); the first is the main one.",
    )
    evaluation: EvaluationConfig = Field(
        default_factory=EvaluationConfig, description="Tables and figures."
    )
    tune: TuneConfig = Field(
        default_factory=TuneConfig, description="Search for better values, on validation alone."
    )
    report: ReportConfig = Field(default_factory=ReportConfig, description="The page.")

    _grids: dict[str, Grid] = PrivateAttr(default_factory=dict)
    _resolved: dict[str, ExperimentConfig] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _expand_grids(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        grids: dict[str, Grid] = {}
        if isinstance(data, Mapping) and isinstance(data.get("experiments"), Mapping):
            model = data.get("model")
            known = model.get("modalities") if isinstance(model, Mapping) else None
            known = known if isinstance(known, list | tuple) else MODALITIES
            cells, grids = expand(data["experiments"], [m for m in MODALITIES if m in known])
            data = _unnamed(data, {n for n, over in data["experiments"].items() if over is None})
            data = {**data, "experiments": cells}
        config = handler(data)
        config._grids.update(grids)
        if config.tune.experiments or "space" in config.tune.model_fields_set:
            for name in config.tuned:
                config.space(name)
        return config

    @field_validator("corpus")
    @classmethod
    def _known_corpus(cls, value: str) -> str:
        if value not in CORPORA:
            raise ValueError(unknown_name(value, list(CORPORA), "corpus"))
        return value

    @field_validator("experiments", mode="before")
    @classmethod
    def _without_removed(cls, value: Any) -> Any:
        """An overlay removes an experiment of an earlier file by setting it to null."""
        if not isinstance(value, Mapping):
            return value
        for name in value:
            if not NAME.fullmatch(str(name)) or name in RESERVED:
                raise ValueError(
                    f"'{name}' cannot name an experiment; use small letters, digits, '.' and '-', "
                    f"and none of {', '.join(RESERVED)}"
                )
        return {name: over for name, over in value.items() if over is not None}

    @field_validator("seeds")
    @classmethod
    def _distinct_seeds(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) != len(value) or min(value) < 0:
            raise ValueError("seeds must be distinct and not negative")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        """What no field can check alone: experiments resolve, stores do not collide, folders exist."""
        self._check_root()
        self._check_jobs()
        for modality in MODALITIES:
            self.stores(modality)
        self._check_media()
        self._check_validation()
        self._check_evaluation()
        return self

    def _check_jobs(self) -> None:
        """A job has one run on several processes, or several runs: side by side, or in turn."""
        if self.runs_per_gpu > 1 and self.seeds_in_turn:
            raise ValueError(
                "runs_per_gpu trains seeds side by side, seeds_in_turn one after another; "
                "set runs_per_gpu to 1, or seeds_in_turn to false"
            )
        for name in self.experiments:
            if self.experiment(name).training.processes == 1:
                continue
            if self.runs_per_gpu > 1:
                raise ValueError(
                    f"experiments.{name}: training.processes spreads a run over GPUs and "
                    "runs_per_gpu packs several onto one; set one of them to 1"
                )
            if self.seeds_in_turn:
                raise ValueError(
                    f"experiments.{name}: training.processes spreads a run over processes and "
                    "seeds_in_turn trains several in one; set it to 1, or seeds_in_turn to false"
                )

    def _check_media(self) -> None:
        """A corpus without media has its sound and pictures as published features alone."""
        presets = {"mosi": "mosi.yaml", "published": "iemocap-published.yaml"}
        for modality in ("audio", "video"):
            extracted = any(e.encoder != "published" for e in self.stores(modality).values())
            if self.corpus in presets and extracted:
                raise ValueError(
                    f"{self.corpus} comes without media, so features.{modality}.encoder must be "
                    f"'published'; use workflow/presets/{presets[self.corpus]}"
                )

    def _check_validation(self) -> None:
        """Validation selects only where there is such a split."""
        whole_session = self.corpus == "iemocap" and self.iemocap.validation == "session"
        own = self.corpus in ("demo", "meld") or whole_session
        if self.corpus == "mosi" and not self.mosi.validation:
            why = "mosi.validation is false"
        elif self.split.validation_share == 0 and not own:
            why = "split.validation_share is 0"
        else:
            return
        for name in self.experiments:
            if self.experiment(name).training.selection == "validation":
                raise ValueError(
                    f"experiments.{name}: training.selection is 'validation', but {why}, so no "
                    "validation split is cut; set training.selection to 'last' with the number of "
                    "epochs, or let a split be cut"
                )

    def _check_evaluation(self) -> None:
        """The experiments that the evaluation names exist, and so does its table of others' figures."""
        known = list(self.experiments)
        named = {"figures_of": self.evaluation.figures_of, "missing_of": self.missing_experiments}
        for key, names in named.items():
            for name in names:
                if name not in known:
                    raise ValueError(f"evaluation.{key}: {unknown_name(name, known, 'experiment')}")
        published = self.evaluation.published
        if published and not published.is_file():
            raise ValueError(
                f"evaluation.published: '{published}' is not a file; name a table of published "
                "figures, or null for the one that ships"
            )

    def _check_root(self) -> None:
        if self.corpus == "demo" or self.downloads:
            return
        if self.corpus_root is None:
            raise ValueError(
                f"corpus_root: the corpus '{self.corpus}' needs its folder; "
                "name it with --config corpus_root=DIR"
            )
        if not self.corpus_root.is_dir():
            raise ValueError(f"corpus_root: '{self.corpus_root}' is not a folder")

    def experiment(self, name: str) -> ExperimentConfig:
        """An experiment's sections: the shared ones with its own overrides on top."""
        if name not in self._resolved:
            self._resolved[name] = self.resolve(name, self.experiments[name])
        return self._resolved[name]

    def resolve(self, name: str, overrides: Mapping[str, Any]) -> ExperimentConfig:
        """The shared sections with overrides on top, checked.

        Raises:
            ValueError: a key is unknown, impossible, or one that the model does not read.
        """
        for key in overrides:
            if key not in OVERRIDABLE:
                hint = unknown_name(key, list(OVERRIDABLE), "section")
                raise ValueError(f"experiments.{name}: {hint}")
        shared = self.model_dump(mode="json", include=set(OVERRIDABLE))
        own = overrides.get("model", {})
        if own.get("name", self.model.name) != self.model.name:
            shared["model"].pop("parameters")  # they are another model's
        try:
            resolved = ExperimentConfig(**merge(shared, overrides))
        except ValidationError as error:
            raise ValueError("; ".join(describe(error, f"experiments.{name}"))) from None
        for key in dotted(own):
            if not is_read(resolved.model.name, key):
                raise ValueError(
                    f"experiments.{name}: the model {resolved.model.name} does not read model.{key}; "
                    "remove it"
                )
        return resolved.model_copy(update={"model": resolved.model.read()})

    def trained_as(self, name: str) -> str:
        """The first experiment that is the same as this one; its runs are this one's too."""
        own = self.experiment(name)
        return next(n for n in self.experiments if self.experiment(n).equals(own))

    @property
    def ablations(self) -> dict[str, str]:
        """Experiments with the main one's model and modalities, and what each of them sets."""
        first, *others = self.experiments
        main, found = self.experiment(first).model, {}
        for name in others:
            model, own = self.experiment(name).model, dotted(self.experiments[name])
            alike = (model.name, model.modalities) == (main.name, main.modalities)
            if alike and own and "model.modalities" not in own:
                found[name] = ", ".join(f"{key} {value}" for key, value in own.items())
        return found

    @property
    def grids(self) -> dict[str, Grid]:
        """The grids among the experiments, by name."""
        return dict(self._grids)

    @property
    def tuned(self) -> tuple[str, ...]:
        """The experiments that are tuned; where none is named, the first that is no grid's cell."""
        return self.tune.experiments or self._written_out[:1]

    @property
    def _written_out(self) -> tuple[str, ...]:
        cells = {cell for grid in self._grids.values() for cell in grid.cells}
        return tuple(name for name in self.experiments if name not in cells)

    def space(self, name: str) -> dict[str, Values]:
        """What is searched for an experiment: the part of the space that its model reads.

        Raises:
            ValueError: a key is none of the experiment's, a value is impossible, or nothing is left.
        """
        if name not in self._written_out:
            hint = unknown_name(name, list(self._written_out), "experiment")
            raise ValueError(f"tune.experiments: {hint}")
        model = self.experiment(name).model.name
        space = {
            key: values
            for key, values in self.tune.space.items()
            if (key.startswith("training.") and is_trained(model))
            or is_read(model, key.removeprefix("model."))
        }
        if not space:
            raise ValueError(f"tune: {name} reads no key of tune.space")
        for key, values in space.items():
            for value in values.bounds:
                overrides = deepcopy(self.experiments[name])
                set_path(overrides, key, value)
                try:
                    self.resolve(name, overrides)
                except ValueError as error:
                    raise ValueError(f"tune.space.{key}: {error}") from None
        return space

    def stores(self, modality: Modality) -> dict[str, EncoderConfig]:
        """Every feature store of a modality that some experiment reads, by its name."""
        found: dict[str, EncoderConfig] = {}
        for name in self.experiments:
            encoder = self.experiment(name).encoders.get(modality)
            if encoder is None:
                continue
            if found.setdefault(encoder.store, encoder) != encoder:
                raise ValueError(
                    f"experiments.{name}: {modality} store '{encoder.store}' would hold two sets "
                    f"of parameters; give one a features.{modality}.name of its own"
                )
        return found

    def graphs(self) -> dict[str, GraphConfig]:
        """Every graph that some experiment reads, by its name."""
        return {g.name: g for g in (self.experiment(n).graph for n in self.experiments)}

    @property
    def missing_experiments(self) -> tuple[str, ...]:
        """The experiments that are tested with modalities masked."""
        if self.evaluation.missing_of is not None:
            return self.evaluation.missing_of
        main, *others = self.experiments
        trained = [n for n in others if self.experiment(n).model.modality_dropout > 0]
        return (main, *trained[:1])

    def selecting(self, modality: Modality, store: str) -> tuple[str, ...]:
        """The experiments that read a store and select by validation, whatever its encoder has seen."""
        found = []
        for name in self.experiments:
            experiment = self.experiment(name)
            encoder, training = experiment.encoders.get(modality), experiment.training
            reads = encoder is not None and encoder.store == store
            if reads and training.selection == "validation" and not training.accept_fitted:
                found.append(name)
        return tuple(found)

    @property
    def labelled_splits(self) -> tuple[str, ...]:
        """The splits whose labels training needs: validation where an experiment selects by it."""
        selections = {self.experiment(name).training.selection for name in self.experiments}
        return ("train", "validation") if "validation" in selections else ("train",)

    @property
    def corpus_options(self) -> dict[str, Any]:
        """The corpus's own section, plain; empty where it has none."""
        known = self.corpus in OPTIONS
        return getattr(self, self.corpus).model_dump(mode="json") if known else {}

    @property
    def behind_results(self) -> dict[str, Any]:
        """Every key that this run's results depend on: no other corpus's, and not the search's."""
        others = {"demo", *OPTIONS} - {self.corpus}
        unread = {"tune", *others}
        return {key: value for key, value in self.deciding().items() if key not in unread}

    @property
    def downloads(self) -> bool:
        """Whether the corpus is downloaded: it may be, and no folder of it is named."""
        return self.corpus == "meld" and self.corpus_root is None

    @property
    def cache_dir(self) -> Path | None:
        """The folder of encoders' results by content, or None."""
        return None if self.features.cache is None else self.data_dir / self.features.cache

    @property
    def pictures(self) -> bool:
        """Whether the page may show pictures of the corpus."""
        asked = self.report.pictures
        return self.corpus in SHOWABLE if asked is None else asked

    @property
    def media_root(self) -> Path:
        """The folder that the table's media paths are relative to."""
        if self.corpus == "demo" or self.corpus_root is None:
            return self.data_dir / self.corpus / "raw"
        return self.corpus_root


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` on top of ``base``, sections merged key by key, everything else replaced.

    An encoder that is replaced by another does not inherit its parameters.
    """
    merged = dict(base)
    if over.get("encoder", base.get("encoder")) != base.get("encoder"):
        merged.pop("parameters", None)
        merged.pop("name", None)
    for key, value in over.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], value) if nested else value
    return merged


def load_config(values: Mapping[str, Any]) -> Config:
    """Check a configuration as Snakemake hands it over.

    Raises:
        ConfigError: naming every key that is wrong, and the mend.
    """
    try:
        return Config(**values)
    except ValidationError as error:
        title = "the configuration cannot be used (no job was started)"
        raise ConfigError(problem_list(title, describe(error))) from None


def _unnamed(data: Mapping[str, Any], removed: set[str]) -> dict[str, Any]:
    """The configuration whose lists no longer name what an overlay removed.

    A list of nothing else stays, and is told of: an empty one means another thing.
    """
    left = dict(data)
    for section, keys in LISTS.items():
        for key in keys if isinstance(data.get(section), Mapping) else ():
            names = data[section].get(key)
            names = names if isinstance(names, list | tuple) else []
            if kept := [name for name in names if name not in removed]:
                left[section] = {**left[section], key: kept}
    return left
