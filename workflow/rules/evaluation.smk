from ariigcn.core.code import PACKAGE_ROOT
from ariigcn.core.files import sha256_file
from ariigcn.plan import figures

METRICS = plan.all_runs("metrics.json")
PREDICTIONS = plan.all_runs("predictions.parquet")
HISTORIES = {
    name: plan.runs("history.parquet", name)
    for name in dict.fromkeys((plan.main, *plan.figured))
}
PUBLISHED = [str(path) for path in [cfg.evaluation.published] if path]
STORES_OF = {name: plan.stores_of(name) for name in plan.experiments}
TABLES = {
    name: files.csv(name)
    for name in (
        "results",
        "per_class",
        "comparisons",
        "calibration",
        "errors",
        "missing",
    )
}
LATEX = [files.latex(name) for name in (*TABLES, "results-narrow")]
# What others report has its place in the results' LaTeX.
TABLES["published"] = files.csv("published")
FIGURES = figures.drawn(plan)
FINE_TUNED = plan.finetuned_encoders(plan.main)
CURVES = figures.curves(plan)
# What is looked into: the main experiment's first seed.
INSPECTION = files.experiment("inspection.h5", plan.main)
REPRESENTATIONS = files.figure(f"{plan.main}.representations.svg")
REPRESENTATIONS_PDF = files.figure(f"{plan.main}.representations.pdf")


rule metrics:
    input:
        lambda wildcards: plan.runs("predictions.parquet", wildcards.experiment),
    output:
        expand(files.run("metrics.json"), seed=cfg.seeds, allow_missing=True),
    log:
        files.log("metrics.{experiment}"),
    benchmark:
        files.benchmark("metrics.{experiment}")
    wildcard_constraints:
        experiment=one_of(plan.experiments),
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1000,
    params:
        code=code_version("ariigcn.evaluation.metrics"),
    script:
        "../scripts/metrics.py"


rule missing:
    input:
        unpack(run_inputs),
        models=lambda wildcards: plan.runs("model", wildcards.experiment),
    output:
        files.experiment("missing.parquet"),
    log:
        files.log("missing.{experiment}"),
    benchmark:
        files.benchmark("missing.{experiment}")
    wildcard_constraints:
        experiment=one_of(plan.experiments),
    conda:
        "../../envs/training.yaml"
    threads: threads_of_run
    resources:
        mem_mb=2500,
    params:
        stores=lambda wildcards: STORES_OF[wildcards.experiment],
        models=lambda wildcards: plan.runs("model", wildcards.experiment),
        code=code_version("ariigcn.evaluation.missing"),
    script:
        "../scripts/missing.py"


rule tables:
    input:
        table=files.table,
        metrics=list(METRICS.values()),
        predictions=list(PREDICTIONS.values()),
        stores=sorted({p for s in STORES_OF.values() for p in s.values()}),
        missing=[files.experiment("missing.parquet", name) for name in plan.masked],
        published=PUBLISHED,
    output:
        **TABLES,
        latex=LATEX,
    log:
        files.log("tables"),
    benchmark:
        files.benchmark("tables")
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1500,
    params:
        metrics=METRICS,
        predictions=PREDICTIONS,
        stores=STORES_OF,
        missing=plan.masked,
        published=plain(str(cfg.evaluation.published or "")),
        stamps=stamps(plain(PUBLISHED)),
        shipped=sha256_file(PACKAGE_ROOT / "evaluation" / "tables" / "literature.csv"),
        code=code_version("ariigcn.evaluation.tables.write"),
    script:
        "../scripts/tables.py"


rule figures:
    input:
        table=files.table,
        metrics=list(METRICS.values()),
        histories=list(HISTORIES.values()),
        predictions=[PREDICTIONS[name] for name in plan.figured],
        tables=[
            TABLES[name] for name in ("results", "errors", "comparisons", "missing")
        ],
        fine_tuned=list(FINE_TUNED.values()),
    output:
        figures.written(FIGURES),
    log:
        files.log("figures"),
    benchmark:
        files.benchmark("figures")
    conda:
        "../../envs/evaluation.yaml"
    threads: 4
    resources:
        mem_mb=1500,
    params:
        figures=FIGURES,
        metrics=METRICS,
        histories=HISTORIES,
        predictions={name: PREDICTIONS[name] for name in plan.figured},
        tables=TABLES,
        fine_tuned=FINE_TUNED,
        curved=figures.curved(plan),
        code=code_version("ariigcn.evaluation.figures.draw"),
    script:
        "../scripts/figures.py"


rule inspection:
    input:
        **plan.inputs_of(plan.main),
        table=files.table,
        model=plan.main_run("model"),
    output:
        inspection=INSPECTION,
        figure=REPRESENTATIONS,
        pdf=REPRESENTATIONS_PDF,
    log:
        files.log("inspection"),
    benchmark:
        files.benchmark("inspection")
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=2500,
    params:
        stores=STORES_OF[plan.main],
        graph=plan.experiments[plan.main].graph.name,
        seed=cfg.seeds[0],
        code=code_version(
            "ariigcn.evaluation.inspection",
            "ariigcn.evaluation.figures.representations",
        ),
    script:
        "../scripts/inspection.py"


rule curves:
    input:
        [METRICS[cell] for grid in plan.grids.values() for cell in grid.cells],
    output:
        figures.written(CURVES),
    log:
        files.log("curves"),
    benchmark:
        files.benchmark("curves")
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1000,
    params:
        sweeps=figures.sweeps(plan),
        code=code_version("ariigcn.evaluation.figures.curves"),
    script:
        "../scripts/curves.py"


rule evaluation:
    input:
        REPRESENTATIONS,
        REPRESENTATIONS_PDF,
        list(TABLES.values()),
        LATEX,
        figures.written(FIGURES + CURVES),
