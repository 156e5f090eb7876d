"""Search of hyperparameters with Optuna, on validation alone.

The trials of an experiment are one study, in a journal file that its workers share. Each worker has a
share of the budget and counts what it has finished itself, so one that was killed comes back, marks
the trial it died in as failed, and still makes its share.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.distributions import FloatDistribution as Floats
from optuna.distributions import IntDistribution as Integers
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from ariigcn.core.errors import ConfigError, DataError
from ariigcn.core.files import remove
from ariigcn.core.logs import progress
from ariigcn.core.settings import dotted, set_path
from ariigcn.core.storage import write_json
from ariigcn.graphs.dialogues import load_dialogues
from ariigcn.models.config import ModelConfig
from ariigcn.training.checks import check_selection
from ariigcn.training.config import Choice, TrainingConfig, TuneConfig, Values
from ariigcn.training.run import Run, fit

WORKER, ERROR, CONFIGURED = "worker", "error", "as configured"
Objective = Callable[[dict[str, Any]], float]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Search:
    """The search of one experiment.

    Args:
        run: the experiment as it is configured, with its files; a trial changes model and training.
        config: budget, seeds, sampler.
        space: key of ``model`` or ``training`` -> its values.
    """

    run: Run
    config: TuneConfig
    space: Mapping[str, Values]

    def configured(self) -> dict[str, Any]:
        """The values of the space's keys as they are configured."""
        known = dotted(self._sections())
        return {key: known.get(key) for key in self.space}

    def with_values(self, values: Mapping[str, Any]) -> Run:
        """The run with some keys of ``model`` and ``training`` changed."""
        sections = self._sections()
        for key, value in values.items():
            set_path(sections, key, value)
        return replace(
            self.run,
            model=ModelConfig(**sections["model"]),
            training=TrainingConfig(**sections["training"]),
        )

    def _sections(self) -> dict[str, Any]:
        return {
            "model": self.run.model.model_dump(mode="json"),
            "training": self.run.training.model_dump(mode="json"),
        }

    def study_name(self) -> str:
        """Changes with everything that makes trials comparable; the budget is not part of it."""
        space = {key: values.model_dump(mode="json") for key, values in self.space.items()}
        parts = [self.run.digest(), space, self.config.seeds, self.config.sampler]
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def tune(search: Search, worker: int, journals: Path, out: Path) -> None:
    """Make one worker's share of the trials and write them down.

    Args:
        search: what is searched.
        worker: from 0.
        journals: folder of the studies' journals, shared by the workers, outside every rule's outputs.
        out: JSON of this worker's trials.

    Raises:
        ConfigError: the experiment does not select on validation.
    """
    if search.run.training.selection != "validation":
        raise ConfigError(
            f"tune: {search.run.experiment} has training.selection "
            f"'{search.run.training.selection}', so no validation score can choose; the "
            "search needs a validation split that the features have not seen"
        )
    check_selection(load_dialogues(search.run.graph_file, search.run.stores), search.run)
    name = search.study_name()
    checkpoints = journals / f"{name}.worker-{worker}"

    def validation_score(values: dict[str, Any]) -> float:
        run = search.with_values(values)
        scores = []
        for seed in search.config.seeds:
            remove(checkpoints)  # another run's, which this one would warn of
            _, trainer = fit(replace(run, seed=seed), checkpoints)
            scores.append(trainer.selection.score)
        return float(np.mean(scores))

    trials = make_trials(search, worker, journals / f"{name}.log", validation_score)
    write_json({"trials": trials}, out)
    remove(checkpoints)


def make_trials(
    search: Search, worker: int, journal: Path, objective: Objective
) -> list[dict[str, Any]]:
    """One worker's share of the trials, those of an earlier life included, by number.

    Raises:
        DataError: every trial failed.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name=search.study_name(),
        storage=JournalStorage(JournalFileBackend(str(journal))),
        direction="maximize",
        load_if_exists=True,
    )
    for trial in _own(study, worker, (TrialState.RUNNING,)):
        logger.warning(
            "trial %d was cut off; it counts as failed and will be replaced", trial.number
        )
        study.tell(trial.number, state=TrialState.FAIL)
    budget = search.config
    share = len(range(worker, budget.trials, budget.workers))
    with progress("trial", share, len(_finished(study, worker))) as counter:
        while (done := len(_finished(study, worker))) < share:
            if worker == 0 and done == 0:
                study.enqueue_trial(_configured_within(search))
            study.sampler = _sampler(search, worker, done)
            _one_trial(study, search, worker, objective)
            counter.advance()
    return [_plain(trial) for trial in _finished(study, worker)]


def _one_trial(study: optuna.Study, search: Search, worker: int, objective: Objective) -> None:
    trial = study.ask({key: _distribution(values) for key, values in search.space.items()})
    trial.set_user_attr(WORKER, worker)
    trial.set_user_attr(CONFIGURED, trial.params == search.configured())
    try:
        score = objective(dict(trial.params))
    except DataError as error:
        logger.warning("trial %d failed: %s", trial.number, error)
        trial.set_user_attr(ERROR, str(error))
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, score)


def _sampler(search: Search, worker: int, done: int) -> BaseSampler:
    """A sampler a trial, so that a search that was cut off goes on as one that was not."""
    seed = int(np.random.default_rng([*search.config.seeds, worker, done]).integers(2**31))
    kind = TPESampler if search.config.sampler == "tpe" else RandomSampler
    return kind(seed=seed)


def _configured_within(search: Search) -> dict[str, Any]:
    """What is configured, as far as the space holds it: the first trial."""
    configured = search.configured().items()
    return {key: value for key, value in configured if _holds(search.space[key], value)}


def _holds(values: Values, value: Any) -> bool:
    if isinstance(values, Choice):
        return value in values.values
    return isinstance(value, int | float) and values.low <= value <= values.high


def _distribution(values: Values) -> BaseDistribution:
    if isinstance(values, Choice):
        return CategoricalDistribution(values.values)
    if isinstance(values.low, int) and isinstance(values.high, int):
        return Integers(values.low, values.high, log=values.log)
    return Floats(values.low, values.high, log=values.log)


def _own(study: optuna.Study, worker: int, states: tuple[TrialState, ...]) -> list[FrozenTrial]:
    trials = study.get_trials(deepcopy=False, states=states)
    return [trial for trial in trials if trial.user_attrs.get(WORKER) == worker]


def _finished(study: optuna.Study, worker: int) -> list[FrozenTrial]:
    """Trials that count: scored, or impossible; not those that were cut off."""
    trials = _own(study, worker, (TrialState.COMPLETE, TrialState.FAIL))
    return [t for t in trials if t.state == TrialState.COMPLETE or ERROR in t.user_attrs]


def _plain(trial: FrozenTrial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "score": trial.value if trial.state == TrialState.COMPLETE else None,
        "configured": trial.user_attrs[CONFIGURED],
        "values": trial.params,
        "error": trial.user_attrs.get(ERROR, ""),
    }
