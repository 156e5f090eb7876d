def processes_of_run(wildcards):
    return EXPERIMENTS[wildcards.experiment].training.processes


def cpus_of_run(wildcards):
    threads = EXPERIMENTS[wildcards.experiment].training.threads
    return threads * processes_of_run(wildcards)


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
    conda:
        "../../envs/training.yaml"
    threads: cpus_of_run
    resources:
        mem_mb=2500,
        gpu=processes_of_run,
    params:
        graph=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].graph),
        model=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].model),
        training=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].training),
        # Outside the outputs: Snakemake removes those before a job runs again.
        checkpoints=f"{RESULTS}/{{experiment}}/.checkpoints/seed-{{seed}}",
        code=code_version("ariigcn.training.launch"),
    script:
        "../scripts/train.py"


rule models:
    input:
        [run_paths("model", name) for name in EXPERIMENTS],
