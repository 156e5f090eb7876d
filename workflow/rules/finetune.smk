# Encoders that learn on the training split, one job each; then the store of what they make. What they
# read of the clips' files is decoded once for all of them.


rule decode:
    input:
        table=files.table,
        labels=labels,
        files=base_of_decoding,
    output:
        files.decoded(),
    log:
        files.log("decode.{decoding}"),
    benchmark:
        files.benchmark("decode.{decoding}")
    wildcard_constraints:
        decoding=one_of(plan.decodings),
    conda:
        "../../envs/features.yaml"
    threads: 8
    resources:
        mem_mb=3000,
    params:
        modality=lambda wildcards: plan.decodings[wildcards.decoding].modality,
        parameters=lambda wildcards: plan.decodings[wildcards.decoding].decoding(),
        files=stamps(base_of_decoding),
        media=lambda wildcards: corpus.version(cfg, "media"),
        media_root=plain(TABLE_ROOT),
        made_by=made_by_of(plan.decodings, "decoding"),
        code=code_of(plan.decodings, "decoding", "ariigcn.finetune.decode"),
    script:
        "../scripts/decode.py"


rule finetune:
    input:
        table=files.table,
        labels=labels,
        files=base_of_finetuning,
        decoded=decoded_of_finetuning,
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
        modality=lambda wildcards: plan.finetunings[wildcards.finetuning].modality,
        parameters=lambda wildcards: plan.finetunings[wildcards.finetuning].learned(),
        files=stamps(base_of_finetuning),
        folds=lambda wildcards: plan.finetunings[wildcards.finetuning].folds,
        made_by=made_by_of(plan.finetunings, "finetuning"),
        code=code_of(plan.finetunings, "finetuning", "ariigcn.finetune.run"),
    script:
        "../scripts/finetune.py"


rule join_finetuned:
    input:
        table=files.table,
        encoders=lambda wildcards: plan.joined[wildcards.joined].needed,
        decoded=decoded_of_join,
    output:
        files.joined(),
    log:
        files.log("join_finetuned.{joined}"),
    benchmark:
        files.benchmark("join_finetuned.{joined}")
    wildcard_constraints:
        joined=one_of(plan.joined),
    conda:
        "../../envs/training.yaml"
    threads: 2
    resources:
        mem_mb=3000,
    params:
        modality=lambda wildcards: plan.joined[wildcards.joined].modality,
        parameters=lambda wildcards: plan.joined[wildcards.joined].model_dump(
            mode="json"
        ),
        code=code_of(plan.joined, "joined", "ariigcn.finetune.store"),
    script:
        "../scripts/join_finetuned.py"
