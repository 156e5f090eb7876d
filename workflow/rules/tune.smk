rule tune_worker:
    input:
        unpack(run_inputs),
        labels=labels,
    output:
        TRIALS,
    log:
        f"{LOGS}/tune.{{experiment}}.worker-{{worker}}.log",
    benchmark:
        f"{BENCHMARKS}/tune_worker.{{experiment}}.{{worker}}.tsv"
    wildcard_constraints:
        experiment=one_of(cfg.tuned),
        worker=r"\d+",
    conda:
        "../../envs/training.yaml"
    threads: lambda wildcards: EXPERIMENTS[wildcards.experiment].training.threads
    resources:
        mem_mb=2500,
    params:
        inputs=run_inputs,
        encoders=encoders_of_run,
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
    benchmark:
        f"{BENCHMARKS}/tuned.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=1000,
    params:
        trials={name: trials_of(name) for name in cfg.tuned},
        overrides=cfg.experiments,
        code=code_version("ariigcn.training.tuned"),
    script:
        "../scripts/tuned.py"


rule tune:
    input:
        rules.tuned.output,
