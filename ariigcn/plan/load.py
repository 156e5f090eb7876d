"""From a configuration's values to its plan, held to what no key can be held to alone."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ariigcn.config.sections import REFUSED, load_config
from ariigcn.core.errors import ConfigError, DataError, problem_list
from ariigcn.core.modality import Modality
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.registry import CORPORA, has_validation, is_text_alone
from ariigcn.plan.corpus import downloads, named_files, of_recordings, table_inputs
from ariigcn.plan.plan import Plan
from ariigcn.plan.predictions import trained_model, unheard
from ariigcn.plan.search import space, tuned
from ariigcn.speech.packages import available

WILDCARD = re.compile(r"\{\s*\w")
WITH_MEDIA: tuple[Modality, ...] = ("audio", "video")
# What comes without media, and the preset that reads its features.
WITHOUT_MEDIA = {"mosi": "mosi.yaml", "published": "iemocap-published.yaml"}


def load_plan(values: Mapping[str, Any]) -> Plan:
    """Check a configuration as Snakemake hands it over, and plan it.

    Raises:
        ConfigError: naming every key that is wrong, and the mend.
    """
    config = load_config(values)
    trained = trained_model(config)
    try:
        plan = Plan.of(config, trained)
        checks = CHECKS if trained is None else PREDICTION_CHECKS
        problems = [problem for check in checks for problem in check(plan)]
    except ValueError as error:
        raise ConfigError(problem_list(REFUSED, [str(error)])) from None
    if problems:
        raise ConfigError(problem_list(REFUSED, problems))
    return plan


def _root(plan: Plan) -> Iterator[str]:
    """A corpus that is neither made nor downloaded has its folder."""
    config = plan.config
    if config.corpus == "demo" or downloads(config):
        return
    if config.corpus_root is None:
        yield (
            f"corpus_root: the corpus '{config.corpus}' needs its folder; "
            "give it with --config corpus_root=DIR"
        )
    elif not config.corpus_root.is_dir():
        yield f"corpus_root: '{config.corpus_root}' is not a folder"


def _recordings(plan: Plan) -> Iterator[str]:
    """A folder to predict holds something, and what has no transcript can be given one here."""
    root = plan.config.corpus_root
    if root is None or not (root.is_dir() and of_recordings(plan.config)):
        return
    try:
        waiting = unheard(plan.config)
    except DataError as error:
        yield f"corpus_root: {error}"
        return
    if waiting and (missing := available(plan.config.predict.speech)):
        yield (
            f"predict.transcribe: {len(waiting):,} recording(s) have no transcript, first "
            f"{waiting[0].name}; put one beside each, let a machine transcribe them "
            f"({missing}), or set "
            "predict.transcribe to 'never'"
        )


def _braces(plan: Plan) -> Iterator[str]:
    """No file that a rule reads has braces in its name, which Snakemake takes for a wildcard."""
    config = plan.config
    encoders = [e for own in plan.experiments.values() for e in own.encoders.values()]
    named = [v for e in encoders for v in e.parameters.values() if isinstance(v, str)]
    named += [*named_files(config), str(config.evaluation.published or "")]
    named += map(str, plan.trained.files) if plan.trained else []
    if not of_recordings(config):
        named += table_inputs(config)
    for path in dict.fromkeys(named):
        if WILDCARD.search(path):
            yield f"'{path}': Snakemake reads braces in a file's name as a wildcard; rename it"


def _jobs(plan: Plan) -> Iterator[str]:
    """A job has one run on several processes, or several runs: side by side, or in turn."""
    config = plan.config
    if config.runs_per_gpu > 1 and config.seeds_in_turn:
        yield (
            "runs_per_gpu trains seeds side by side, seeds_in_turn one after another; "
            "set runs_per_gpu to 1, or seeds_in_turn to false"
        )
    for name, experiment in plan.experiments.items():
        if experiment.training.processes == 1:
            continue
        if config.runs_per_gpu > 1:
            yield (
                f"experiments.{name}: training.processes spreads a run over GPUs and "
                "runs_per_gpu packs several onto one; set one of them to 1"
            )
        if config.seeds_in_turn:
            yield (
                f"experiments.{name}: training.processes spreads a run over processes and "
                "seeds_in_turn trains several in one; set it to 1, or seeds_in_turn to false"
            )


def _stores(plan: Plan) -> Iterator[str]:
    """No two encoders write one store; a corpus without media has published sound and pictures."""
    try:
        extracted = {m: plan.extracted(m) for m in WITH_MEDIA}
    except ValueError as error:
        yield str(error)
        return
    corpus = plan.config.corpus
    for modality in WITH_MEDIA:
        if corpus in WITHOUT_MEDIA and extracted[modality]:
            yield (
                f"{corpus} comes without media, so features.{modality}.encoder must be "
                f"'published'; use workflow/presets/{WITHOUT_MEDIA[corpus]}"
            )
        if is_text_alone(corpus) and plan.stores[modality]:
            preset = f"; use workflow/presets/{corpus}.yaml" if corpus in CORPORA else ""
            yield (
                f"{corpus} is text alone, so no experiment can read {modality}: set "
                f"model.modalities to [text]{preset}"
            )


def _future(plan: Plan) -> Iterator[str]:
    """No text encoder reads what is said later where the graph does not."""
    for name, experiment in plan.experiments.items():
        text = experiment.encoders.get("text")
        if experiment.graph.future == 0 and text and text.parameters.get("future_utterances"):
            yield (
                f"experiments.{name}: graph.future is 0, so the model must not know what is said "
                "later, but features.text.parameters.future_utterances reads it; set it to 0"
            )


def _validation(plan: Plan) -> Iterator[str]:
    """Validation selects only where there is such a split."""
    config = plan.config
    whole_session = config.corpus == "iemocap" and config.iemocap.validation == "session"
    if config.corpus == "mosi" and not config.mosi.validation:
        why = "mosi.validation is false"
    elif config.split.validation_share == 0 and not (
        whole_session or has_validation(config.corpus)
    ):
        why = "split.validation_share is 0"
    else:
        return
    for name, experiment in plan.experiments.items():
        if experiment.training.selection == "validation":
            yield (
                f"experiments.{name}: training.selection is 'validation', but {why}, so no "
                "validation split is cut; set training.selection to 'last' with the number of "
                "epochs, or allow a validation split"
            )


def _evaluation(plan: Plan) -> Iterator[str]:
    """The experiments that the evaluation names exist, and so does its table of others' figures."""
    known, evaluation = list(plan.experiments), plan.config.evaluation
    named = {"figures_of": evaluation.figures_of, "missing_of": evaluation.missing_of or ()}
    for key, names in named.items():
        for name in names:
            if name not in known:
                yield f"evaluation.{key}: {unknown_name(name, known, 'experiment')}"
    published = evaluation.published
    if published and not published.is_file():
        yield (
            f"evaluation.published: '{published}' is not a file; name a table of published "
            "figures, or null for the one in the package"
        )


def _search(plan: Plan) -> Iterator[str]:
    """What is searched can be; looked at only where the configuration says something of it."""
    tune = plan.config.tune
    if not (tune.experiments or "space" in tune.model_fields_set):
        return
    for name in tuned(plan):
        try:
            space(plan, name)
        except ValueError as error:
            yield str(error)


CHECKS: tuple[Callable[[Plan], Iterator[str]], ...] = (
    _root,
    _braces,
    _jobs,
    _stores,
    _future,
    _validation,
    _evaluation,
    _search,
)
PREDICTION_CHECKS = (_root, _braces, _recordings)
