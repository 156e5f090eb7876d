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
        known=known_runs,
    output:
        model=directory(trained("model")),
        history=trained("history.parquet"),
        predictions=trained("predictions.parquet"),
    log:
        files.log(f"train.{{experiment}}{SEED}"),
    benchmark:
        files.benchmark(f"train.{{experiment}}{SEED}")
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
