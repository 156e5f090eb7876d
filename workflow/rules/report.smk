REPORT = f"{RESULTS}/report.html"
# The report shows the main experiment's features where experiments differ in them.
SHOWN_STORES = {
    m: store_path(m, e.store)
    for m, e in next(iter(EXPERIMENTS.values())).encoders.items()
}


rule report_page:
    input:
        table=TABLE,
        stores=list(SHOWN_STORES.values()),
        metrics=list(METRICS.values()),
        figures=list(FIGURES.values()),
        tables=list(TABLES.values()),
    output:
        REPORT,
    log:
        f"{LOGS}/report.log",
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1000,
    params:
        stores=SHOWN_STORES,
        metrics=METRICS,
        figures=FIGURES,
        tables=TABLES,
        configuration=section(cfg),
        settings=section(cfg.report),
        code=code_version("ariigcn.report.page", "ariigcn.report.provenance"),
        templates=[sha256_file(path) for path in sorted(TEMPLATES.iterdir())],
    script:
        "../scripts/report.py"


rule report:
    input:
        REPORT,
