rule train:
    input:
        unpack(run_inputs),
        labels=labels,
    output:
        model=directory(trained("model")),
        history=trained("history.parquet"),
        predictions=trained("predictions.parquet"),
    log:
        f"{LOGS}/train.{{experiment}}{'' if PACKED else '.seed-{seed}'}.log",
    benchmark:
        f"{BENCHMARKS}/train.{{experiment}}{'' if PACKED else '.seed-{seed}'}.tsv"
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
        inputs=run_inputs,
        encoders=encoders_of_run,
        graph=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].graph),
        model=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].model),
        training=lambda wildcards: section(EXPERIMENTS[wildcards.experiment].training),
        code=lambda wildcards: code_version(
            "ariigcn.training.launch",
            model_module(EXPERIMENTS[wildcards.experiment].model.name),
        ),
    script:
        "../scripts/train.py"


rule models:
    input:
        [run_paths("model", name) for name in EXPERIMENTS],
