# One rule a modality, so that a changed audio parameter decodes no picture again.


rule extract_text:
    input:
        table=TABLE,
    output:
        store_path("text", "{store}"),
    log:
        f"{LOGS}/extract_text.{{store}}.log",
    wildcard_constraints:
        store=one_of(EXTRACTED["text"]),
    conda:
        "../../envs/features.yaml"
    threads: 2
    resources:
        mem_mb=3000,
    params:
        encoder=encoder_of("text"),
        media_root=MEDIA_ROOT,
        block=cfg.features.block,
        timeout_s=cfg.features.timeout_s,
        code=encoder_code("text"),
    script:
        "../scripts/extract.py"


use rule extract_text as extract_audio with:
    output:
        store_path("audio", "{store}"),
    log:
        f"{LOGS}/extract_audio.{{store}}.log",
    wildcard_constraints:
        store=one_of(EXTRACTED["audio"]),
    threads: 8
    params:
        encoder=encoder_of("audio"),
        media_root=MEDIA_ROOT,
        block=cfg.features.block,
        timeout_s=cfg.features.timeout_s,
        code=encoder_code("audio"),


use rule extract_text as extract_video with:
    output:
        store_path("video", "{store}"),
    log:
        f"{LOGS}/extract_video.{{store}}.log",
    wildcard_constraints:
        store=one_of(EXTRACTED["video"]),
    threads: 8
    params:
        encoder=encoder_of("video"),
        media_root=MEDIA_ROOT,
        block=cfg.features.block,
        timeout_s=cfg.features.timeout_s,
        code=encoder_code("video"),


rule import_features:
    input:
        table=TABLE,
        published=table_files(MEDIA_ROOT) if any(IMPORTED.values()) else [],
    output:
        store_path("{modality}", "{store}"),
    log:
        f"{LOGS}/import_features.{{modality}}.{{store}}.log",
    wildcard_constraints:
        modality=one_of(MODALITIES),
        store=one_of({name for names in IMPORTED.values() for name in names}),
    conda:
        "../../envs/features.yaml"
    resources:
        mem_mb=4000,
    params:
        corpus=cfg.corpus,
        root=MEDIA_ROOT,
        parameters=lambda wildcards: STORES[wildcards.modality][
            wildcards.store
        ].parameters,
        code=code_version("ariigcn.features.published", corpus_module(cfg.corpus)),
    script:
        "../scripts/import_features.py"


rule features:
    input:
        [store_path(m, name) for m in MODALITIES for name in STORES[m]],
