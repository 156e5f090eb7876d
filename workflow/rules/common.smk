# The checked configuration, and where things are.

from functools import cache

from ariigcn.config.sections import load_config
from ariigcn.config.files import check_files
from ariigcn.core.code import PACKAGE_ROOT, code_version
from ariigcn.core.errors import ConfigError
from ariigcn.core.files import sha256_file
from ariigcn.core.gpus import visible_gpus
from ariigcn.corpora.fingerprints import DIGESTS, changed
from ariigcn.corpora.registry import (
    corpus_module,
    media_behind,
    option_files,
    table_files,
)
from ariigcn.features.modality import MODALITIES
from ariigcn.features.encoders.registry import encoder_module, made_by, parameter_files
from ariigcn.models.registry import model_module

try:
    check_files(workflow.overwrite_configfiles)
    cfg = load_config(config)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

TABLE = f"{cfg.data_dir}/{cfg.corpus}/utterances.parquet"
RESULTS = f"{cfg.results_dir}/{cfg.corpus}"
# Labels by split, once there are those that training needs.
TRAINABLE = f"{RESULTS}/trainable.json"
LOGS = f"{RESULTS}/logs"
# Seconds and memory of every job, <rule>.<wildcards>.tsv; the report reads them.
BENCHMARKS = f"{RESULTS}/benchmarks"
MEDIA_ROOT = str(cfg.media_root)
DOWNLOADED = f"{MEDIA_ROOT}/downloaded.json"

STORES = {m: cfg.stores(m) for m in MODALITIES}
EXTRACTED = {
    m: [name for name, encoder in STORES[m].items() if encoder.encoder != "published"]
    for m in MODALITIES
}
IMPORTED = {
    m: [name for name in STORES[m] if name not in EXTRACTED[m]] for m in MODALITIES
}
TEMPLATES = PACKAGE_ROOT / "report" / "templates"
GRAPHS = cfg.graphs()
EXPERIMENTS = {name: cfg.experiment(name) for name in cfg.experiments}
TRAINED_AS = {name: cfg.trained_as(name) for name in EXPERIMENTS}


# Jobs of one machine share its GPUs; a cluster, where so many jobs are let in, counts its own.
GPUS = visible_gpus() if workflow.global_resources["_nodes"].value is None else 0
if GPUS and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", GPUS)


def section(value):
    """What of a configuration section decides results, as an ordered, plain parameter of a rule."""
    return value.deciding()


def corpus_files():
    """What the utterance table is made from."""
    if cfg.corpus == "demo":
        return MEDIA_ROOT
    return DOWNLOADED if cfg.downloads else table_files(MEDIA_ROOT)


# What the workflow makes or downloads is not there yet when it is planned for the first time.
MADE = cfg.corpus == "demo" or cfg.downloads


@cache
def version_of(what):
    """Changes with the corpus's tables, its media (name, size, time) or its media's names alone."""
    return changed(cfg.media_root, what) if MADE else DIGESTS[what](cfg.media_root)


def media_of_table():
    """Changes where a clip came or went, of a corpus whose table says which ones there are."""
    what = media_behind(cfg.corpus, cfg.media_root)
    return version_of(what) if what else ""


def labels(wildcards):
    """What a run that trains asks for before it extracts anything; features and graphs need no label.

    A job's own process has no targets to go by, and what it needs was there when it was started.
    """
    asked, needs_none = workflow.dag_settings.targets, ("features", "graphs", TABLE)
    needs_none += (f"{RESULTS}/features/", f"{RESULTS}/graphs/")
    untrained = asked and all(str(target).startswith(needs_none) for target in asked)
    job = bool(workflow.dag_settings.target_jobs)
    return [] if job or untrained else ancient(TRAINABLE)


def one_of(names):
    """A wildcard's pattern that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


def store_path(modality, name):
    return f"{RESULTS}/features/{modality}.{name}.h5"


SHARDS = cfg.features.shards
# What one extraction job writes: the store or, where there are several jobs, a shard of it.
SHARD = f"{RESULTS}/features/.shards/{{modality}}.{{store}}/{{shard}}-of-{SHARDS}.h5"
SHARD_LOG = "" if SHARDS == 1 else ".{shard}"


def extracted(modality):
    """The output of a modality's extraction."""
    if SHARDS == 1:
        return store_path(modality, "{store}")
    return temp(SHARD.replace("{modality}", modality))


def extraction(modality):
    """What decides a store: parameters of the rule that extracts it and of the one that joins it.

    Both have the same, so that another number of shards is no reason to extract again.
    """

    def of(wildcards):
        encoder = STORES[modality or wildcards.modality][wildcards.store]
        return encoder.modality, encoder.encoder, encoder

    return dict(
        encoder=lambda wildcards: section(of(wildcards)[2]),
        made_by=lambda wildcards: made_by(*of(wildcards)[:2]),
        media=lambda wildcards: of(wildcards)[0] != "text" and version_of("media"),
        media_root=MEDIA_ROOT,
        code=lambda wildcards: code_version(
            "ariigcn.features.extract", encoder_module(*of(wildcards)[:2])
        ),
    )


def encoder_files(modality):
    """The local files that decide an encoder's vectors, as a function of the rule's wildcards."""

    def files(wildcards):
        encoder = STORES[modality][wildcards.store]
        found = parameter_files(modality, encoder.encoder, encoder.parameters)
        return [str(path) for path in found]

    return files


def graph_path(name):
    return f"{RESULTS}/graphs/{name}.h5"


def run_path(name):
    return f"{RESULTS}/{{experiment}}/seed-{{seed}}/{name}"


def run_paths(name, experiment):
    """A file of every seed of an experiment, which may be another's that equals it."""
    return expand(run_path(name), experiment=TRAINED_AS[experiment], seed=cfg.seeds)


def run_inputs(wildcards):
    """The graph and the stores that an experiment reads: inputs, and by their names parameters."""
    experiment = EXPERIMENTS[wildcards.experiment]
    stores = {m: store_path(m, e.store) for m, e in experiment.encoders.items()}
    return {"graph": graph_path(experiment.graph.name), **stores}


def encoders_of_run(wildcards):
    """What the stores of an experiment are held to."""
    encoders = EXPERIMENTS[wildcards.experiment].encoders
    return {m: section(encoder) for m, encoder in encoders.items()}


# The report shows the main experiment's features where experiments differ in them.
MAIN = next(iter(EXPERIMENTS))
SHOWN_STORES = {
    m: store_path(m, e.store) for m, e in EXPERIMENTS[MAIN].encoders.items()
}


def main_run(name):
    """A file of the run that is looked into."""
    return run_path(name).format(experiment=MAIN, seed=cfg.seeds[0])


def sweep_of(figure, out):
    """A grid's key, its values with each one's metrics, and the figure, for ``curves/<grid>``."""
    grid = cfg.grids[figure.partition("/")[2]]
    values = [
        [labels[0], run_paths("metrics.json", cell)]
        for cell, labels in grid.cells.items()
    ]
    return {"key": grid.keys[0], "values": values, "out": out}


TRIALS = f"{RESULTS}/tune/{{experiment}}.worker-{{worker}}.json"


def trials_of(experiment):
    """The files of an experiment's workers."""
    return expand(TRIALS, experiment=experiment, worker=range(cfg.tune.workers))


def tune_params(wildcards):
    """The search's configuration, over the keys that this experiment's model reads."""
    space = cfg.space(wildcards.experiment)
    return section(cfg.tune.model_copy(update={"space": space, "experiments": ()}))


def tune_code(wildcards):
    """The version of the search and of this experiment's model."""
    model = EXPERIMENTS[wildcards.experiment].model.name
    return code_version("ariigcn.training.tune", model_module(model))


AT_ONCE = cfg.runs_per_gpu
# A job an experiment, with all its seeds.
PACKED = AT_ONCE > 1 or cfg.seeds_in_turn


def trained(name):
    """A file of every run of a job, as the rule's outputs."""
    path = run_path(name)
    return expand(path, seed=cfg.seeds, allow_missing=True) if PACKED else path


def gpus_of_job(wildcards):
    """One a process; a job that is told to use the CPU takes no GPU from others."""
    training = EXPERIMENTS[wildcards.experiment].training
    return 0 if training.device == "cpu" else training.processes


def cpus_of_job(wildcards):
    training = EXPERIMENTS[wildcards.experiment].training
    return training.threads * training.processes * min(AT_ONCE, len(cfg.seeds))
