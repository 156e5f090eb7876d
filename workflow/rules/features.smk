# One rule a modality, so that a changed audio parameter decodes no picture again; features.shards
# jobs a store. A rule of all modalities has one wildcard, for modality and name: else two stores of one name,
# one published and one extracted, would be two rules'.


rule extract_text:
    input:
        table=files.table,
        labels=labels,
        files=encoder_files("text"),
    output:
        extracted("text"),
    log:
        files.log(f"extract_text.{{store}}{SHARD}"),
    benchmark:
        files.benchmark(f"extract_text.{{store}}{SHARD}")
    wildcard_constraints:
        store=one_of(plan.extracted("text")),
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
        table=files.table,
        labels=labels,
        files=encoder_files("audio"),
    output:
        extracted("audio"),
    log:
        files.log(f"extract_audio.{{store}}{SHARD}"),
    benchmark:
        files.benchmark(f"extract_audio.{{store}}{SHARD}")
    wildcard_constraints:
        store=one_of(plan.extracted("audio")),
    threads: 8
    params:
        **extraction("audio"),


use rule extract_text as extract_video with:
    input:
        table=files.table,
        labels=labels,
        files=encoder_files("video"),
    output:
        extracted("video"),
    log:
        files.log(f"extract_video.{{store}}{SHARD}"),
    benchmark:
        files.benchmark(f"extract_video.{{store}}{SHARD}")
    wildcard_constraints:
        store=one_of(plan.extracted("video")),
    threads: 8
    params:
        **extraction("video"),


if SHARDED:

    rule merge_features:
        input:
            shards_of_store,
        output:
            files.joined("{named}"),
        log:
            files.log("merge_features.{named}"),
        benchmark:
            files.benchmark("merge_features.{named}")
        wildcard_constraints:
            named=stores_of_any(plan.extracted),
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
        table=files.table,
        labels=labels,
        published=table_files(MEDIA_ROOT) if any(map(plan.imported, MODALITIES)) else [],
    output:
        files.joined("{named}"),
    log:
        files.log("import_features.{named}"),
    benchmark:
        files.benchmark("import_features.{named}")
    wildcard_constraints:
        named=stores_of_any(plan.imported),
    conda:
        "../../envs/features.yaml"
    resources:
        mem_mb=4000,
    params:
        corpus=cfg.corpus,
        root=plain(MEDIA_ROOT),
        parameters=imported_as,
        code=code_version("ariigcn.features.imported", corpus_module(cfg.corpus)),
    script:
        "../scripts/import_features.py"


# The report shows the main experiment's features where experiments differ in them.
SHOWN_STORES = plan.stores_of(plan.main)
PICTURES = corpus.shows_pictures(cfg)


rule quality:
    input:
        table=files.table,
        stores=list(SHOWN_STORES.values()),
    output:
        files.quality,
    log:
        files.log("quality"),
    benchmark:
        files.benchmark("quality")
    conda:
        "../../envs/features.yaml"
    resources:
        mem_mb=2000,
    params:
        stores=SHOWN_STORES,
        media_root=plain(MEDIA_ROOT),
        pictures=PICTURES,
        media=lambda wildcards: PICTURES and corpus.version(cfg, "media"),
        code=code_version("ariigcn.features.quality"),
    script:
        "../scripts/quality.py"


rule features:
    input:
        [files.store(m, name) for m in MODALITIES for name in plan.stores[m]],
