if cfg.corpus == "demo":

    rule demo_corpus:
        input:
            known=known_corpus(MEDIA_ROOT),
        output:
            directory(MEDIA_ROOT),
        log:
            files.log("demo_corpus"),
        benchmark:
            files.benchmark("demo_corpus")
        conda:
            "../../envs/corpus.yaml"
        threads: 4
        resources:
            mem_mb=1500,
        params:
            demo=cfg.demo.deciding(),
            code=code_version("ariigcn.corpora.demo.generate"),
        script:
            "../scripts/demo_corpus.py"


if corpus.downloads(cfg):

    localrules:
        download,

    # The output is the manifest alone: Snakemake removes outputs before a rerun, and what has
    # arrived or is unpacked must outlive a run that was cut.
    rule download:
        output:
            corpus.manifest(cfg),
        log:
            files.log("download"),
        benchmark:
            files.benchmark("download")
        conda:
            "../../envs/corpus.yaml"
        resources:
            mem_mb=500,
        params:
            clips=bool(plan.extracted("audio") or plan.extracted("video")),
        script:
            "../scripts/download.py"


if corpus.of_recordings(cfg):

    rule recordings:
        input:
            [files.heard(cfg.predict.shards, shard) for shard in LISTENING],
        output:
            files.table,
        log:
            files.log("recordings"),
        benchmark:
            files.benchmark("recordings")
        conda:
            "../../envs/corpus.yaml"
        resources:
            mem_mb=1500,
        params:
            root=plain(MEDIA_ROOT),
            tables=lambda wildcards: corpus.version(cfg, "tables"),
            # Transcripts of some kinds count as media; and what cannot be opened is told.
            media=lambda wildcards: corpus.version(cfg, "media"),
            code=code_version("ariigcn.predict.recordings"),
        script:
            "../scripts/recordings.py"

else:

    rule utterances:
        input:
            corpus.table_inputs(cfg),
            options=corpus.named_files(cfg),
            known=known_corpus(files.table),
        output:
            files.table,
        log:
            files.log("utterances"),
        benchmark:
            files.benchmark("utterances")
        conda:
            "../../envs/corpus.yaml"
        resources:
            mem_mb=1000,
        params:
            corpus=cfg.corpus,
            root=plain(MEDIA_ROOT),
            tables=lambda wildcards: corpus.version(cfg, "tables"),
            media=lambda wildcards: corpus.media_version(cfg),
            split=cfg.split.deciding(),
            options=corpus.options(cfg),
            named=stamps(plain(corpus.named_files(cfg))),
            code=code_version("ariigcn.corpora.table", corpus_module(cfg.corpus)),
        script:
            "../scripts/utterances.py"


# Before every extraction of a run that trains: what cannot be trained on is refused in seconds.
rule trainable:
    input:
        files.table,
    output:
        files.trainable,
    log:
        files.log("trainable"),
    benchmark:
        files.benchmark("trainable")
    conda:
        "../../envs/corpus.yaml"
    resources:
        mem_mb=1000,
        # Not a parameter: what follows would run with it, and extract again.
        splits=",".join(plan.labelled_splits),
    script:
        "../scripts/trainable.py"
