# What the rules ask of the plan: constants, and functions of a rule's wildcards.

from ariigcn.core.files import file_stamps
from ariigcn.core.gpus import visible_gpus
from ariigcn.corpora.registry import corpus_module, table_files
from ariigcn.features.encoders.registry import (
    FINETUNED,
    encoder_module,
    made_by,
    parameter_files,
)
from ariigcn.finetune.config import encoder_folder
from ariigcn.finetune.kind import kind_of
from ariigcn.core.modality import MODALITIES
from ariigcn.plan import corpus, search
from ariigcn.plan.predictions import NO_MODEL, listening_shards
from ariigcn.predict.transcribing import recordings_digest

MEDIA_ROOT = str(corpus.media_root(cfg))
TABLE_ROOT = str(corpus.table_root(cfg))


def plain(value):
    """A parameter in which braces are no wildcards: a user's folder may have any name."""
    return lambda wildcards: value


def stamps(paths):
    """Size and time of files as a parameter, so that one that is put back to an older one is noticed."""

    def of(wildcards):
        return file_stamps(paths(wildcards))

    return of


def labels(wildcards):
    """What a run that trains asks for before it extracts anything; all others need no label.

    A job's own process has no targets to go by, and what it needs was there when it was started.
    """
    if plan.trained:
        return []
    asked, needs_none = workflow.dag_settings.targets, (
        "features",
        "graphs",
        files.table,
    )
    needs_none += (f"{files.shared}/features/", f"{files.shared}/graphs/")
    untrained = asked and all(str(target).startswith(needs_none) for target in asked)
    job = bool(workflow.dag_settings.target_jobs)
    return [] if job or untrained else files.trainable


def no_model(wildcards):
    """What a run that trains says where predictions are asked for."""
    raise WorkflowError(NO_MODEL)


# Transcribing jobs by their number, with the recordings of each.
LISTENING = listening_shards(cfg) if corpus.of_recordings(cfg) else {}


def listened(wildcards):
    """Names, sizes and times of the recordings that a job transcribes."""
    return recordings_digest(LISTENING[int(wildcards.shard)])


SHARDED = cfg.features.shards > 1
# What a job's log and benchmark are called beside its store.
SHARD = ".{shard}" if SHARDED else ""


def extracted(modality):
    """What one extraction job writes: the store or, where there are several jobs, a shard of it."""
    return temp(files.shard(modality)) if SHARDED else files.store(modality)


def store_of(modality, wildcards):
    """Modality and name of a store to make; the modality where it is None stands in ``{named}``."""
    if modality is not None:
        return modality, wildcards.store
    return wildcards.named.split(".", 1)


def stores_of_any(names):
    """The pattern of ``{named}``: the stores that a function of the modality names."""
    return one_of([f"{m}.{name}" for m in MODALITIES for name in names(m)])


def shards_of_store(wildcards):
    modality, name = store_of(None, wildcards)
    return [
        files.shard(modality).format(store=name, shard=shard)
        for shard in range(1, cfg.features.shards + 1)
    ]


def imported_as(wildcards):
    modality, name = store_of(None, wildcards)
    return plan.stores[modality][name].parameters


def extraction(modality):
    """What decides a store: parameters of the rule that extracts it and of the one that joins it.

    Both have the same, so that another number of shards is no reason to extract again.
    """

    def of(wildcards):
        found, name = store_of(modality, wildcards)
        encoder = plan.stores[found][name]
        return encoder.modality, encoder.encoder, encoder

    return dict(
        files=stamps(encoder_files(modality)),
        encoder=lambda wildcards: of(wildcards)[2].deciding(),
        made_by=lambda wildcards: made_by(*of(wildcards)[:2]),
        media=lambda wildcards: of(wildcards)[0] != "text"
        and corpus.version(cfg, "media"),
        media_root=plain(TABLE_ROOT),
        code=lambda wildcards: code_version(
            "ariigcn.features.extract", encoder_module(*of(wildcards)[:2])
        ),
    )


def encoder_files(modality):
    """The local files that decide an encoder's vectors, as a function of the rule's wildcards."""

    def of(wildcards):
        found, name = store_of(modality, wildcards)
        encoder = plan.stores[found][name]
        paths = parameter_files(found, encoder.encoder, encoder.parameters)
        return [str(path) for path in paths]

    return of


def base_files(parameters):
    """The local files of the encoder that is fine-tuned."""
    return [str(path) for path in kind_of(parameters.modality).base_files(parameters)]


def base_of_decoding(wildcards):
    """The local files of the encoder that clips are read for."""
    return base_files(plan.decodings[wildcards.decoding])


def base_of_finetuning(wildcards):
    return base_files(plan.finetunings[wildcards.finetuning])


def decoded_for(parameters):
    """What was read of the clips; nothing for text."""
    return files.decoded(parameters.decoding_name()) if parameters.decoding() else []


def decoded_of_finetuning(wildcards):
    return decoded_for(plan.finetunings[wildcards.finetuning])


def decoded_of_join(wildcards):
    """What the base's own vectors are made of, where a store holds them."""
    parameters = plan.joined[wildcards.joined]
    return decoded_for(parameters) if parameters.gives == "frozen-logits" else []


def made_by_of(known, wildcard):
    """The libraries that make a fine-tuned encoder's vectors; the wildcard names its parameters."""

    def of(wildcards):
        return made_by(known[wildcards.get(wildcard)].modality, FINETUNED)

    return of


def code_of(known, wildcard, module):
    """The version of a stage's code and of its modality's own."""

    def of(wildcards):
        modality = known[wildcards.get(wildcard)].modality
        return code_version(module, encoder_module(modality, FINETUNED))

    return of


AT_ONCE = cfg.runs_per_gpu
# A job an experiment, with all its seeds.
PACKED = AT_ONCE > 1 or cfg.seeds_in_turn
SEED = "" if PACKED else ".seed-{seed}"
# Jobs of one machine share its GPUs; a cluster, where so many jobs are let in, counts its own.
GPUS = visible_gpus() if workflow.global_resources["_nodes"].value is None else 0
if GPUS and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", GPUS)


def trained(name):
    """A file of every run of a job, as the rule's outputs."""
    path = files.run(name)
    return expand(path, seed=cfg.seeds, allow_missing=True) if PACKED else path


def run_inputs(wildcards):
    """The graph and the stores that an experiment reads: inputs, and by their names parameters."""
    return plan.inputs_of(wildcards.experiment)


def deciding(section):
    """A section of an experiment, as a parameter."""

    def of(wildcards):
        return getattr(plan.experiments[wildcards.experiment], section).deciding()

    return of


def encoders_of_run(wildcards):
    """What the stores of an experiment are held to."""
    encoders = plan.experiments[wildcards.experiment].encoders
    return {m: encoder.deciding() for m, encoder in encoders.items()}


def threads_of_run(wildcards):
    """What one process of an experiment computes with."""
    return plan.experiments[wildcards.experiment].training.threads


def gpus_of_job(wildcards):
    """One a process; a job that is told to use the CPU takes no GPU from others."""
    training = plan.experiments[wildcards.experiment].training
    return 0 if training.device == "cpu" else training.processes


def cpus_of_job(wildcards):
    training = plan.experiments[wildcards.experiment].training
    return training.threads * training.processes * min(AT_ONCE, len(cfg.seeds))


# One job that trains all seeds stops at what the first utterances says.
CHECKED = not PACKED and len(cfg.seeds) > 1


def ready(wildcards):
    """What a seed waits for: that no seed of its experiment would stop before its first epoch."""
    # Not ancient: Snakemake does not look at what follows a job that runs, so that a changed parameter of
    # both would go unseen here. So it is no input of an experiment that one seed trained without it: that
    # seed would be trained again.
    path = files.experiment(".ready", wildcards.experiment)
    made = any(map(os.path.exists, plan.runs("model", wildcards.experiment)))
    return path if CHECKED and (os.path.exists(path) or not made) else []


TUNED = search.tuned(plan)


def trials_of(experiment):
    """The files of an experiment's workers."""
    return [files.trials(experiment, worker) for worker in range(cfg.tune.workers)]


def tune_code(wildcards):
    """The version of the search and of this experiment's model."""
    model = plan.experiments[wildcards.experiment].model
    return code_version("ariigcn.training.tune", *model.modules)
