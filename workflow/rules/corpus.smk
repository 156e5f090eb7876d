from ariigcn.corpora.registry import corpus_module, table_files

MEDIA_ROOT = str(cfg.media_root)

if cfg.corpus == "demo":

    rule demo_corpus:
        output:
            directory(MEDIA_ROOT),
        log:
            f"{LOGS}/demo_corpus.log",
        params:
            demo=section(cfg.demo),
            code=code_version("ariigcn.corpora.demo.generate"),
        threads: 4
        resources:
            mem_mb=1500,
        conda:
            "../../envs/corpus.yaml"
        script:
            "../scripts/demo_corpus.py"


rule utterances:
    input:
        MEDIA_ROOT if cfg.corpus == "demo" else table_files(MEDIA_ROOT),
    output:
        TABLE,
    log:
        f"{LOGS}/utterances.log",
    params:
        corpus=cfg.corpus,
        root=MEDIA_ROOT,
        split=section(cfg.split),
        code=code_version("ariigcn.corpora.table", corpus_module(cfg.corpus)),
    resources:
        mem_mb=1000,
    conda:
        "../../envs/corpus.yaml"
    script:
        "../scripts/utterances.py"
