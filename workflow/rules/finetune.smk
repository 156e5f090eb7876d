# Encoders that learn on the training split, one job each; then the store of what they make.


rule finetune:
    input:
        table=files.table,
        labels=labels,
        files=base_of_finetuning,
    output:
        directory(encoder_folder(files.finetuned(), "{number}")),
    log:
        files.log("finetune.{finetuning}.encoder-{number}"),
    benchmark:
        files.benchmark("finetune.{finetuning}.encoder-{number}")
    wildcard_constraints:
        finetuning=one_of(plan.finetunings),
        number=r"\d+",
    conda:
        "../../envs/training.yaml"
    threads: lambda wildcards: plan.finetunings[wildcards.finetuning].threads
    resources:
        mem_mb=4000,
        gpu=lambda wildcards: int(GPUS > 0),
    params:
        parameters=lambda wildcards: plan.finetunings[wildcards.finetuning].learned(),
        folds=lambda wildcards: plan.finetunings[wildcards.finetuning].folds,
        made_by=made_by("text", FINETUNED),
        code=code_version("ariigcn.finetune.run"),
    script:
        "../scripts/finetune.py"


rule join_finetuned:
    input:
        table=files.table,
        encoders=lambda wildcards: plan.joined[wildcards.store].needed,
    output:
        files.store("text"),
    log:
        files.log("join_finetuned.{store}"),
    benchmark:
        files.benchmark("join_finetuned.{store}")
    wildcard_constraints:
        store=one_of(plan.joined),
    conda:
        "../../envs/training.yaml"
    threads: 2
    resources:
        mem_mb=3000,
    params:
        parameters=lambda wildcards: plan.joined[wildcards.store].model_dump(
            mode="json"
        ),
        code=code_version("ariigcn.finetune.store"),
    script:
        "../scripts/join_finetuned.py"
