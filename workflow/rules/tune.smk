rule tune_worker:
    input:
        unpack(run_inputs),
        labels=labels,
    output:
        files.trials(),
    log:
        files.log("tune.{experiment}.worker-{worker}"),
    benchmark:
        files.benchmark("tune_worker.{experiment}.{worker}")
    wildcard_constraints:
        experiment=one_of(TUNED),
        worker=r"\d+",
    conda:
        "../../envs/training.yaml"
    threads: threads_of_run
    resources:
        mem_mb=2500,
    params:
        inputs=run_inputs,
        encoders=encoders_of_run,
        tune=lambda wildcards: search.search(plan, wildcards.experiment).deciding(),
        graph=deciding("graph"),
        model=deciding("model"),
        training=deciding("training"),
        # Outside the outputs: a worker that comes again goes on in the study.
        journals=lambda wildcards: f"{files.results}/tune/.studies/{tune_code(wildcards)}",
        code=tune_code,
    script:
        "../scripts/tune.py"


rule tuned:
    input:
        [trials_of(name) for name in TUNED],
    output:
        files.tuned,
    log:
        files.log("tuned"),
    benchmark:
        files.benchmark("tuned")
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=1000,
    params:
        trials={name: trials_of(name) for name in TUNED},
        overrides=plan.overrides,
        code=code_version("ariigcn.training.tuned"),
    script:
        "../scripts/tuned.py"


rule tune:
    input:
        rules.tuned.output,
