rule train:
    input:
        unpack(run_inputs),
    output:
        model=directory(run_path("model")),
        history=run_path("history.parquet"),
        predictions=run_path("predictions.parquet"),
    log:
        f"{LOGS}/train.{{experiment}}.seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/train.{{experiment}}.seed-{{seed}}.tsv"
    wildcard_constraints:
        experiment=one_of(EXPERIMENTS),
        seed=r"\d+",
    conda:
        "../../envs/training.yaml"
    threads: lambda wildcards: EXPERIMENTS[wildcards.experiment].training.threads
    resources:
        mem_mb=2500,
    params:
        graph=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].graph),
        model=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].model),
        training=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].training),
        # Outside the outputs: Snakemake removes those before a job runs again.
        checkpoints=f"{RESULTS}/{{experiment}}/.checkpoints/seed-{{seed}}",
        code=lambda wildcards: code_version(
            "ariigcn.training.run",
            model_module(EXPERIMENTS[wildcards.experiment].model.name),
        ),
    script:
        "../scripts/train.py"


rule models:
    input:
        [run_paths("model", name) for name in EXPERIMENTS],
