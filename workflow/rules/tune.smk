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


rule tune_worker:
    input:
        unpack(run_inputs),
    output:
        TRIALS,
    log:
        f"{LOGS}/tune.{{experiment}}.worker-{{worker}}.log",
    wildcard_constraints:
        experiment=one_of(cfg.tuned),
        worker=r"\d+",
    conda:
        "../../envs/training.yaml"
    threads: lambda wildcards: EXPERIMENTS[wildcards.experiment].training.threads
    resources:
        mem_mb=2500,
    params:
        tune=tune_params,
        graph=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].graph),
        model=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].model),
        training=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].training),
        # Outside the outputs: a worker that comes again goes on in the study.
        journals=lambda wildcards: f"{RESULTS}/tune/.studies/{tune_code(wildcards)}",
        code=tune_code,
    script:
        "../scripts/tune.py"


rule tuned:
    input:
        [trials_of(name) for name in cfg.tuned],
    output:
        f"{RESULTS}/tuned.yaml",
    log:
        f"{LOGS}/tuned.log",
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=1000,
    params:
        trials={name: trials_of(name) for name in cfg.tuned},
        overrides=cfg.experiments,
        code=code_version("ariigcn.training.tune"),
    script:
        "../scripts/tuned.py"


rule tune:
    input:
        rules.tuned.output,
