"""The plan of a configuration: its experiments, and what their runs read and make."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ariigcn.config.grids import Grid, expand
from ariigcn.config.sections import Config, ExperimentConfig
from ariigcn.core.modality import MODALITIES, Modality
from ariigcn.features.config import EncoderConfig
from ariigcn.finetune.config import Learning
from ariigcn.graphs.config import GraphConfig
from ariigcn.plan.experiments import ablations, resolve, trained_as
from ariigcn.plan.files import Files
from ariigcn.plan.finetuning import fine_tuning, with_folder
from ariigcn.plan.predictions import Trained

PREDICT = "predict"  # what stands in an experiment's place where a trained model predicts


@dataclass(frozen=True, eq=False)
class Plan:
    """What follows from a configuration; nothing here looks at the disk or knows Snakemake.

    Args:
        config: what the user wrote.
        experiments: name -> its whole sections; the first is the main one.
        overrides: name -> what it sets itself.
        grids: the grids among them, by name.
        trained: the model that predicts; the one experiment then has its encoders and graph. None: a
            run that trains.
    """

    config: Config
    experiments: Mapping[str, ExperimentConfig]
    overrides: Mapping[str, Mapping[str, Any]]
    grids: Mapping[str, Grid]
    trained: Trained | None = None

    @classmethod
    def of(cls, config: Config, trained: Trained | None = None) -> "Plan":
        """The plan of a configuration; :func:`ariigcn.plan.load.load_plan` also holds it to its checks.

        Args:
            config: what the user wrote.
            trained: the model of ``predict.model``, where one is named.

        Raises:
            ValueError: a grid cannot be expanded, or an experiment is impossible.
        """
        if trained is not None:
            return cls(config, {PREDICT: trained.sections}, {PREDICT: {}}, {}, trained)
        overrides, grids = expand(config.experiments, config.model.modalities)
        experiments = {
            name: with_folder(resolve(config, name, own), Files.of(config))
            for name, own in overrides.items()
        }
        return cls(config, experiments, overrides, grids)

    @cached_property
    def files(self) -> Files:
        """Where everything lies."""
        return Files.of(self.config)

    @property
    def main(self) -> str:
        """The first experiment: others are compared with it, and it is looked into."""
        return next(iter(self.experiments))

    @cached_property
    def trained_as(self) -> dict[str, str]:
        """Each experiment -> the first one that is the same; its runs are this one's too."""
        return trained_as(self.experiments)

    @cached_property
    def ablations(self) -> dict[str, str]:
        """Experiments with the main one's model and modalities, and what each of them sets."""
        return ablations(self.experiments, self.overrides)

    @cached_property
    def stores(self) -> dict[Modality, dict[str, EncoderConfig]]:
        """Every feature store that some experiment reads: modality -> its name -> its encoder.

        Raises:
            ValueError: two encoders would write the same store.
        """
        return {m: self._stores(m) for m in MODALITIES}

    def extracted(self, modality: Modality) -> list[str]:
        """The stores that an encoder makes from the corpus's media and texts."""
        stores = self.stores[modality].items()
        return [
            name
            for name, e in stores
            if not (e.is_published or f"{modality}.{name}" in self.joined)
        ]

    def imported(self, modality: Modality) -> list[str]:
        """The stores that are read from published features."""
        return [name for name, e in self.stores[modality].items() if e.is_published]

    @cached_property
    def joined(self) -> dict[str, Learning]:
        """The stores of encoders that the workflow fine-tunes, ``text.finetuned`` and others, and how."""
        found = {
            f"{modality}.{name}": fine_tuning(encoder, self.files)
            for modality, stores in self.stores.items()
            for name, encoder in stores.items()
        }
        return {name: parameters for name, parameters in found.items() if parameters is not None}

    @cached_property
    def finetunings(self) -> dict[str, Learning]:
        """What is fine-tuned, by its name; several stores may be made of one."""
        return {parameters.name(): parameters for parameters in self.joined.values()}

    @cached_property
    def decodings(self) -> dict[str, Learning]:
        """What is read of the clips to fine-tune on, by its name; several fine-tunings may read one."""
        return {p.decoding_name(): p for p in self.joined.values() if p.decoding()}

    def finetuned_encoders(self, experiment: str) -> dict[Modality, tuple[str, ...]]:
        """Modality -> the folders of the encoders that are fine-tuned for an experiment."""
        encoders = self.experiments[experiment].encoders
        found = {m: self.joined.get(f"{m}.{e.store}") for m, e in encoders.items()}
        return {m: parameters.needed for m, parameters in found.items() if parameters is not None}

    @cached_property
    def graphs(self) -> dict[str, GraphConfig]:
        """Every graph that some experiment reads, by its name."""
        return {e.graph.name: e.graph for e in self.experiments.values()}

    def stores_of(self, experiment: str) -> dict[Modality, str]:
        """The files of the stores that an experiment reads, in its model's order."""
        encoders = self.experiments[experiment].encoders
        return {m: self.files.store(m, encoder.store) for m, encoder in encoders.items()}

    def inputs_of(self, experiment: str) -> dict[str, str]:
        """The files that an experiment's runs read: its graph and its stores."""
        graph = self.files.graph(self.experiments[experiment].graph.name)
        return {"graph": graph} | {str(m): path for m, path in self.stores_of(experiment).items()}

    def runs(self, file: str, experiment: str) -> list[str]:
        """A file of every seed of an experiment, which may be another's that equals it."""
        name = self.trained_as[experiment]
        return [self.files.run(file, name, seed) for seed in self.config.seeds]

    def all_runs(self, file: str) -> dict[str, list[str]]:
        """Each experiment -> a file of every seed of it."""
        return {name: self.runs(file, name) for name in self.experiments}

    def main_run(self, file: str) -> str:
        """A file of the run that is looked into: the main experiment's first seed."""
        return self.files.run(file, self.main, self.config.seeds[0])

    @property
    def figured(self) -> tuple[str, ...]:
        """The experiments that get figures of their own."""
        return self.config.evaluation.figures_of or tuple(self.experiments)

    @property
    def masked(self) -> tuple[str, ...]:
        """The experiments that are tested with modalities masked, each run under one name."""
        names = self.config.evaluation.missing_of
        if names is None:
            own = {n: self.experiments[n] for n, first in self.trained_as.items() if n == first}
            trained = [
                name
                for name, e in own.items()
                if name != self.main and e.model.modality_dropout > 0 and len(e.encoders) > 1
            ]
            names = (self.main, *trained[:1])
        return tuple(dict.fromkeys(self.trained_as[name] for name in names))

    @property
    def labelled_splits(self) -> tuple[str, ...]:
        """The splits whose labels training needs: validation where an experiment selects by it."""
        selections = {e.training.selection for e in self.experiments.values()}
        return ("train", "validation") if "validation" in selections else ("train",)

    @property
    def accepted(self) -> dict[str, str]:
        """Experiments that select by labels that an encoder has seen, and why that is accepted."""
        reasons = {name: e.training.accept_fitted for name, e in self.experiments.items()}
        return {name: reason for name, reason in reasons.items() if reason}

    def selecting(self, modality: Modality, store: str) -> list[str]:
        """The experiments that read a store and select by validation, whatever its encoder has seen."""
        path = self.files.store(modality, store)
        return [
            name
            for name, experiment in self.experiments.items()
            if self.stores_of(name).get(modality) == path
            and experiment.training.selection == "validation"
            and not experiment.training.accept_fitted
        ]

    def _stores(self, modality: Modality) -> dict[str, EncoderConfig]:
        found: dict[str, EncoderConfig] = {}
        for name, experiment in self.experiments.items():
            encoder = experiment.encoders.get(modality)
            if encoder is None:
                continue
            extraction = encoder.extraction
            if found.setdefault(encoder.store, extraction) != extraction:
                raise ValueError(
                    f"experiments.{name}: {modality} store '{encoder.store}' would hold two sets "
                    f"of parameters; give one a features.{modality}.name of its own"
                )
        return found
