from ariigcn.core.gpus import visible_gpus

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


# One job that trains all seeds stops at what the first of them says.
CHECKED = not PACKED and len(cfg.seeds) > 1


def ready(wildcards):
    """What a seed waits for: that no seed of its experiment would stop before its first epoch."""
    path = files.experiment(".ready", wildcards.experiment)
    return ancient(path) if CHECKED else []


if CHECKED:

    rule ready:
        input:
            unpack(run_inputs),
            labels=labels,
        output:
            files.experiment(".ready"),
        log:
            files.log("ready.{experiment}"),
        benchmark:
            files.benchmark("ready.{experiment}")
        wildcard_constraints:
            experiment=one_of(plan.experiments),
        conda:
            "../../envs/training.yaml"
        resources:
            mem_mb=2500,
        params:
            encoders=encoders_of_run,
            graph=deciding("graph"),
            model=deciding("model"),
            training=deciding("training"),
            code=lambda wildcards: code_version(
                "ariigcn.training.checks",
                *plan.experiments[wildcards.experiment].model.modules,
            ),
        script:
            "../scripts/ready.py"


rule train:
    input:
        unpack(run_inputs),
        labels=labels,
        ready=ready,
    output:
        model=directory(trained("model")),
        history=trained("history.parquet"),
        predictions=trained("predictions.parquet"),
    log:
        files.log("train.{experiment}" + SEED),
    benchmark:
        files.benchmark("train.{experiment}" + SEED)
    wildcard_constraints:
        experiment=one_of(plan.experiments),
        seed=r"\d+",
    conda:
        "../../envs/training.yaml"
    threads: cpus_of_job
    resources:
        mem_mb=2500 * AT_ONCE,
        gpu=gpus_of_job,
        # Not a parameter: no result depends on it, so a change retrains nothing.
        runs_per_gpu=AT_ONCE,
    params:
        inputs=run_inputs,
        encoders=encoders_of_run,
        graph=deciding("graph"),
        model=deciding("model"),
        training=deciding("training"),
        code=lambda wildcards: code_version(
            "ariigcn.training.launch",
            *plan.experiments[wildcards.experiment].model.modules,
        ),
    script:
        "../scripts/train.py"


rule models:
    input:
        list(plan.all_runs("model").values()),
