from ariigcn.core.code import PACKAGE_ROOT
from ariigcn.core.files import sha256_file

TEMPLATES = PACKAGE_ROOT / "report" / "templates"


rule report_page:
    input:
        table=files.table,
        quality=files.quality,
        stores=list(SHOWN_STORES.values()),
        metrics=list(METRICS.values()),
        histories=list(HISTORIES.values()),
        inspection=INSPECTION,
        predictions=plan.main_run("predictions.parquet"),
        figures=[path for *_, path in FIGURES + CURVES],
        tables=list(TABLES.values()),
    output:
        files.report,
    log:
        files.log("report"),
    benchmark:
        files.benchmark("report_page")
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1000,
    params:
        stores=SHOWN_STORES,
        metrics=METRICS,
        histories=HISTORIES,
        figures=FIGURES + CURVES,
        tables=TABLES,
        ablations=plan.ablations,
        accepted=plan.accepted,
        configuration=corpus.deciding(cfg),
        settings=cfg.report.deciding(),
        # Read as they are: a stage's seconds are no reason to write the page again.
        benchmarks=files.benchmarks,
        # What is gone from the configuration has left its files there.
        benchmarked=[
            *sorted(plan.experiments),
            *(f"{m}.{name}" for m in MODALITIES for name in plan.stores[m]),
            *(name for m in MODALITIES for name in plan.stores[m]),
            *plan.graphs,
        ],
        code=code_version("ariigcn.report.page", "ariigcn.report.provenance"),
        templates=[sha256_file(path) for path in sorted(TEMPLATES.iterdir())],
    script:
        "../scripts/report.py"


rule report:
    input:
        files.report,
