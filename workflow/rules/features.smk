# One rule a modality, so that a changed audio parameter decodes no picture again; features.shards
# jobs a store.


rule extract_text:
    input:
        table=TABLE,
        labels=labels,
        files=encoder_files("text"),
    output:
        extracted("text"),
    log:
        f"{LOGS}/extract_text.{{store}}{SHARD_LOG}.log",
    benchmark:
        f"{BENCHMARKS}/extract_text.{{store}}{SHARD_LOG}.tsv"
    wildcard_constraints:
        store=one_of(EXTRACTED["text"]),
    conda:
        "../../envs/features.yaml"
    threads: 2
    resources:
        mem_mb=3000,
    params:
        **extraction("text"),
    script:
        "../scripts/extract.py"


use rule extract_text as extract_audio with:
    input:
        table=TABLE,
        labels=labels,
        files=encoder_files("audio"),
    output:
        extracted("audio"),
    log:
        f"{LOGS}/extract_audio.{{store}}{SHARD_LOG}.log",
    benchmark:
        f"{BENCHMARKS}/extract_audio.{{store}}{SHARD_LOG}.tsv"
    wildcard_constraints:
        store=one_of(EXTRACTED["audio"]),
    threads: 8
    params:
        **extraction("audio"),


use rule extract_text as extract_video with:
    input:
        table=TABLE,
        labels=labels,
        files=encoder_files("video"),
    output:
        extracted("video"),
    log:
        f"{LOGS}/extract_video.{{store}}{SHARD_LOG}.log",
    benchmark:
        f"{BENCHMARKS}/extract_video.{{store}}{SHARD_LOG}.tsv"
    wildcard_constraints:
        store=one_of(EXTRACTED["video"]),
    threads: 8
    params:
        **extraction("video"),


if SHARDS > 1:

    rule merge_features:
        input:
            expand(SHARD, shard=range(1, SHARDS + 1), allow_missing=True),
        output:
            store_path("{modality}", "{store}"),
        log:
            f"{LOGS}/merge_features.{{modality}}.{{store}}.log",
        benchmark:
            f"{BENCHMARKS}/merge_features.{{modality}}.{{store}}.tsv"
        wildcard_constraints:
            modality=one_of(MODALITIES),
            store=one_of({name for names in EXTRACTED.values() for name in names}),
        conda:
            "../../envs/features.yaml"
        resources:
            mem_mb=2000,
        params:
            **extraction(None),
        script:
            "../scripts/merge_features.py"


rule import_features:
    input:
        table=TABLE,
        labels=labels,
        published=table_files(MEDIA_ROOT) if any(IMPORTED.values()) else [],
    output:
        store_path("{modality}", "{store}"),
    log:
        f"{LOGS}/import_features.{{modality}}.{{store}}.log",
    benchmark:
        f"{BENCHMARKS}/import_features.{{modality}}.{{store}}.tsv"
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
        code=code_version("ariigcn.features.imported", corpus_module(cfg.corpus)),
    script:
        "../scripts/import_features.py"


QUALITY = f"{RESULTS}/tables/quality.json"


rule quality:
    input:
        table=TABLE,
        stores=list(SHOWN_STORES.values()),
    output:
        QUALITY,
    log:
        f"{LOGS}/quality.log",
    benchmark:
        f"{BENCHMARKS}/quality.tsv"
    conda:
        "../../envs/features.yaml"
    resources:
        mem_mb=2000,
    params:
        stores=SHOWN_STORES,
        media_root=MEDIA_ROOT,
        pictures=cfg.pictures,
        media=lambda wildcards: cfg.pictures and version_of("media"),
        code=code_version("ariigcn.features.quality"),
    script:
        "../scripts/quality.py"


rule features:
    input:
        [store_path(m, name) for m in MODALITIES for name in STORES[m]],
