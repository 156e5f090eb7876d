# One rule a modality, so that a changed audio parameter decodes no picture again.

from ariigcn.features.registry import encoder_module

STORES = {m: cfg.stores(m) for m in MODALITIES}
EXTRACTED = {
    m: [name for name, encoder in STORES[m].items() if encoder.encoder != "published"]
    for m in MODALITIES
}
IMPORTED = {m: [name for name in STORES[m] if name not in EXTRACTED[m]] for m in MODALITIES}


def store_path(modality, name):
    return f"{RESULTS}/features/{modality}.{name}.h5"


def encoder_of(modality):
    """The encoder's configuration, as a function of the rule's wildcards."""
    return lambda wildcards: section(STORES[modality][wildcards.store])


def encoder_code(modality):
    """The version of the extraction and of this encoder alone."""
    return lambda wildcards: code_version(
        "ariigcn.features.extract",
        encoder_module(modality, STORES[modality][wildcards.store].encoder),
    )


rule extract_text:
    input:
        table=TABLE,
    output:
        store_path("text", "{store}"),
    log:
        f"{LOGS}/extract_text.{{store}}.log",
    wildcard_constraints:
        store=one_of(EXTRACTED["text"]),
    params:
        encoder=encoder_of("text"),
        media_root=MEDIA_ROOT,
        block=cfg.features.block,
        timeout_s=cfg.features.timeout_s,
        code=encoder_code("text"),
    threads: 2
    resources:
        mem_mb=3000,
    conda:
        "../../envs/features.yaml"
    script:
        "../scripts/extract.py"


use rule extract_text as extract_audio with:
    output:
        store_path("audio", "{store}"),
    log:
        f"{LOGS}/extract_audio.{{store}}.log",
    wildcard_constraints:
        store=one_of(EXTRACTED["audio"]),
    params:
        encoder=encoder_of("audio"),
        media_root=MEDIA_ROOT,
        block=cfg.features.block,
        timeout_s=cfg.features.timeout_s,
        code=encoder_code("audio"),
    threads: 8


use rule extract_text as extract_video with:
    output:
        store_path("video", "{store}"),
    log:
        f"{LOGS}/extract_video.{{store}}.log",
    wildcard_constraints:
        store=one_of(EXTRACTED["video"]),
    params:
        encoder=encoder_of("video"),
        media_root=MEDIA_ROOT,
        block=cfg.features.block,
        timeout_s=cfg.features.timeout_s,
        code=encoder_code("video"),
    threads: 8


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
    params:
        corpus=cfg.corpus,
        root=MEDIA_ROOT,
        parameters=lambda wildcards: STORES[wildcards.modality][wildcards.store].parameters,
        code=code_version("ariigcn.features.published", corpus_module(cfg.corpus)),
    resources:
        mem_mb=4000,
    conda:
        "../../envs/features.yaml"
    script:
        "../scripts/import_features.py"


rule features:
    input:
        [store_path(m, name) for m in MODALITIES for name in STORES[m]],
