AT_ONCE = cfg.runs_per_gpu
PACKED = AT_ONCE > 1


def trained(name):
    """A file of every run of a job, as the rule's outputs."""
    path = run_path(name)
    return expand(path, seed=cfg.seeds, allow_missing=True) if PACKED else path


def gpus_of_job(wildcards):
    return EXPERIMENTS[wildcards.experiment].training.processes


def cpus_of_job(wildcards):
    training = EXPERIMENTS[wildcards.experiment].training
    return training.threads * training.processes * min(AT_ONCE, len(cfg.seeds))


rule train:
    input:
        unpack(run_inputs),
    output:
        model=directory(trained("model")),
        history=trained("history.parquet"),
        predictions=trained("predictions.parquet"),
    log:
        f"{LOGS}/train.{{experiment}}{'' if PACKED else '.seed-{seed}'}.log",
    wildcard_constraints:
        experiment=one_of(EXPERIMENTS),
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
        graph=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].graph),
        model=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].model),
        training=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].training),
        code=code_version("ariigcn.training.launch"),
    script:
        "../scripts/train.py"


rule models:
    input:
        [run_paths("model", name) for name in EXPERIMENTS],
