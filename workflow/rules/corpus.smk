if cfg.corpus == "demo":

    rule demo_corpus:
        output:
            directory(MEDIA_ROOT),
        log:
            f"{LOGS}/demo_corpus.log",
        conda:
            "../../envs/corpus.yaml"
        threads: 4
        resources:
            mem_mb=1500,
        params:
            demo=section(cfg.demo),
            code=code_version("ariigcn.corpora.demo.generate"),
        script:
            "../scripts/demo_corpus.py"


rule utterances:
    input:
        MEDIA_ROOT if cfg.corpus == "demo" else table_files(MEDIA_ROOT),
    output:
        TABLE,
    log:
        f"{LOGS}/utterances.log",
    conda:
        "../../envs/corpus.yaml"
    resources:
        mem_mb=1000,
    params:
        corpus=cfg.corpus,
        root=lambda wildcards: MEDIA_ROOT,
        split=section(cfg.split),
        options=cfg.corpus_options,
        code=code_version("ariigcn.corpora.table", corpus_module(cfg.corpus)),
    script:
        "../scripts/utterances.py"
