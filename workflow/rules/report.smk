REPORT = f"{RESULTS}/report.html"


rule report_page:
    input:
        table=TABLE,
        quality=QUALITY,
        stores=list(SHOWN_STORES.values()),
        metrics=list(METRICS.values()),
        inspection=INSPECTION,
        predictions=main_run("predictions.parquet"),
        figures=list(FIGURES.values()) + list(CURVES.values()),
        tables=list(TABLES.values()),
    output:
        REPORT,
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report_page.tsv"
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1000,
    params:
        stores=SHOWN_STORES,
        metrics=METRICS,
        figures=FIGURES | CURVES,
        tables=TABLES,
        ablations=cfg.ablations,
        accepted={
            name: experiment.training.accept_fitted
            for name, experiment in EXPERIMENTS.items()
            if experiment.training.accept_fitted
        },
        configuration=cfg.behind_results,
        settings=section(cfg.report),
        # Read as they are: a stage's seconds are no reason to write the page again.
        benchmarks=BENCHMARKS,
        # What is gone from the configuration has left its files there.
        benchmarked=[
            *sorted(set(TRAINED_AS.values()) | set(EXPERIMENTS)),
            *(f"{m}.{name}" for m in MODALITIES for name in STORES[m]),
            *(name for m in MODALITIES for name in STORES[m]),
            *GRAPHS,
        ],
        code=code_version("ariigcn.report.page", "ariigcn.report.provenance"),
        templates=[sha256_file(path) for path in sorted(TEMPLATES.iterdir())],
    script:
        "../scripts/report.py"


rule report:
    input:
        REPORT,
