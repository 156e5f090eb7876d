from ariigcn.core.code import PACKAGE_ROOT
from ariigcn.core.files import sha256_file

PAGE_TEMPLATES = PACKAGE_ROOT / "predict" / "templates"


if LISTENING:

    rule transcribe:
        output:
            files.heard(cfg.predict.shards),
        log:
            files.log("transcribe.{shard}"),
        benchmark:
            files.benchmark("transcribe.{shard}")
        wildcard_constraints:
            shard=one_of(map(str, LISTENING)),
        threads: 2
        resources:
            mem_mb=3000,
        params:
            recordings=listened,
            speech=cfg.predict.speech.deciding(),
            code=lambda wildcards: code_version(
                "ariigcn.predict.transcribing", "ariigcn.speech.transcribe"
            ),
        script:
            "../scripts/transcribe.py"


rule predict:
    input:
        **SHOWN_STORES,
        table=files.table,
        model=plan.trained.files,
    output:
        rows=files.predictions,
        page=files.predictions_page,
        pages=directory(files.conversation_pages),
    log:
        files.log("predict"),
    benchmark:
        files.benchmark("predict")
    conda:
        "../../envs/predictions.yaml"
    resources:
        mem_mb=3000,
    params:
        model=plain(plan.trained.name),
        stores=SHOWN_STORES,
        digests=plan.trained.digests,
        code=code_version(
            "ariigcn.predict.stored", *plan.experiments[plan.main].model.modules
        ),
        templates=[sha256_file(path) for path in sorted(PAGE_TEMPLATES.iterdir())],
    script:
        "../scripts/predict.py"


localrules:
    predictions,


rule predictions:
    input:
        rules.predict.output,
