EXPERIMENTS = {name: cfg.experiment(name) for name in cfg.experiments}


def run_path(name):
    return f"{RESULTS}/{{experiment}}/seed-{{seed}}/{name}"


def run_paths(name, experiment):
    """A file of every seed of an experiment."""
    return expand(run_path(name), experiment=experiment, seed=cfg.seeds)


def run_inputs(wildcards):
    """The graph and the stores that an experiment reads."""
    experiment = EXPERIMENTS[wildcards.experiment]
    stores = {m: store_path(m, e.store) for m, e in experiment.encoders.items()}
    return {"graph": graph_path(experiment.graph.name), **stores}


rule train:
    input:
        unpack(run_inputs),
    output:
        model=directory(run_path("model")),
        history=run_path("history.parquet"),
        predictions=run_path("predictions.parquet"),
    log:
        f"{LOGS}/train.{{experiment}}.seed-{{seed}}.log",
    wildcard_constraints:
        experiment=one_of(EXPERIMENTS),
        seed=r"\d+",
    params:
        graph=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].graph),
        model=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].model),
        training=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].training),
        # Outside the outputs: Snakemake removes those before a job runs again.
        checkpoints=f"{RESULTS}/{{experiment}}/.checkpoints/seed-{{seed}}",
        code=code_version("ariigcn.training.run"),
    threads: lambda wildcards: EXPERIMENTS[wildcards.experiment].training.threads
    resources:
        mem_mb=2500,
    conda:
        "../../envs/training.yaml"
    script:
        "../scripts/train.py"


rule models:
    input:
        [run_paths("model", name) for name in EXPERIMENTS],
