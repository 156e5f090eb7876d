if cfg.corpus == "demo":

    rule demo_corpus:
        output:
            directory(MEDIA_ROOT),
        log:
            f"{LOGS}/demo_corpus.log",
        benchmark:
            f"{BENCHMARKS}/demo_corpus.tsv"
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


if cfg.downloads:

    localrules:
        download,

    # The output is the manifest alone: Snakemake removes outputs before a rerun, and what has
    # arrived or is unpacked must outlive a run that was cut.
    rule download:
        output:
            DOWNLOADED,
        log:
            f"{LOGS}/download.log",
        benchmark:
            f"{BENCHMARKS}/download.tsv"
        conda:
            "../../envs/corpus.yaml"
        resources:
            mem_mb=500,
        params:
            clips=bool(EXTRACTED["audio"] or EXTRACTED["video"]),
        script:
            "../scripts/download.py"


rule utterances:
    input:
        corpus_files(),
        options=[str(path) for path in option_files(cfg.corpus, cfg.corpus_options)],
    output:
        TABLE,
    log:
        f"{LOGS}/utterances.log",
    benchmark:
        f"{BENCHMARKS}/utterances.tsv"
    conda:
        "../../envs/corpus.yaml"
    resources:
        mem_mb=1000,
    params:
        corpus=cfg.corpus,
        root=lambda wildcards: MEDIA_ROOT,
        tables=lambda wildcards: version_of("tables"),
        media=lambda wildcards: media_of_table(),
        split=section(cfg.split),
        options=cfg.corpus_options,
        code=code_version("ariigcn.corpora.table", corpus_module(cfg.corpus)),
    script:
        "../scripts/utterances.py"


# Before every extraction of a run that trains: what cannot be trained on is refused in seconds.
rule trainable:
    input:
        TABLE,
    output:
        TRAINABLE,
    log:
        f"{LOGS}/trainable.log",
    benchmark:
        f"{BENCHMARKS}/trainable.tsv"
    conda:
        "../../envs/corpus.yaml"
    resources:
        mem_mb=1000,
    params:
        splits=cfg.labelled_splits,
        code=code_version("ariigcn.corpora.checks.trainable"),
    script:
        "../scripts/trainable.py"
