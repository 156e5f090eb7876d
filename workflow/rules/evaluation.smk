FIGURED = cfg.evaluation.figures_of or tuple(EXPERIMENTS)
METRICS = {name: run_paths("metrics.json", name) for name in EXPERIMENTS}
PREDICTIONS = {name: run_paths("predictions.parquet", name) for name in EXPERIMENTS}
FIGURES = {
    **{
        kind: f"{RESULTS}/figures/{kind}.svg"
        for kind in ("results", "comparisons", "missing")
        if kind != "comparisons" or len(EXPERIMENTS) > 1
    },
    **{
        f"{kind}/{name}": f"{RESULTS}/figures/{name}.{kind}.svg"
        for kind in ("confusion", "history", "discriminators", "reliability")
        for name in FIGURED
    },
}
# A figure of every grid over one key.
CURVES = {
    f"curves/{name}": f"{RESULTS}/figures/{name}.curves.svg"
    for name, grid in cfg.grids.items()
    if len(grid.keys) == 1
}
TABLES = {
    name: f"{RESULTS}/tables/{name}.csv"
    for name in (
        "results",
        "per_class",
        "comparisons",
        "calibration",
        "errors",
        "missing",
    )
}
LATEX = [path.removesuffix("csv") + "tex" for path in TABLES.values()]
# What others report has its place in the results' LaTeX.
TABLES["published"] = f"{RESULTS}/tables/published.csv"
MISSING = f"{RESULTS}/{{experiment}}/missing.parquet"
EXPERIMENT_STORES = {
    name: {m: store_path(m, e.store) for m, e in experiment.encoders.items()}
    for name, experiment in EXPERIMENTS.items()
}

# What is looked into: the main experiment's first seed.
INSPECTION = f"{RESULTS}/{MAIN}/inspection.h5"
REPRESENTATIONS = f"{RESULTS}/figures/{MAIN}.representations.svg"


rule metrics:
    input:
        lambda wildcards: run_paths("predictions.parquet", wildcards.experiment),
    output:
        expand(run_path("metrics.json"), seed=cfg.seeds, allow_missing=True),
    log:
        f"{LOGS}/metrics.{{experiment}}.log",
    benchmark:
        f"{BENCHMARKS}/metrics.{{experiment}}.tsv"
    wildcard_constraints:
        experiment=one_of(EXPERIMENTS),
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
        models=lambda wildcards: run_paths("model", wildcards.experiment),
    output:
        MISSING,
    log:
        f"{LOGS}/missing.{{experiment}}.log",
    benchmark:
        f"{BENCHMARKS}/missing.{{experiment}}.tsv"
    wildcard_constraints:
        experiment=one_of(EXPERIMENTS),
    conda:
        "../../envs/training.yaml"
    threads: lambda wildcards: EXPERIMENTS[wildcards.experiment].training.threads
    resources:
        mem_mb=2500,
    params:
        stores=lambda wildcards: EXPERIMENT_STORES[wildcards.experiment],
        models=lambda wildcards: run_paths("model", wildcards.experiment),
        code=code_version("ariigcn.evaluation.missing"),
    script:
        "../scripts/missing.py"


rule tables:
    input:
        table=TABLE,
        metrics=list(METRICS.values()),
        predictions=list(PREDICTIONS.values()),
        stores=sorted({p for s in EXPERIMENT_STORES.values() for p in s.values()}),
        missing=expand(MISSING, experiment=cfg.missing_experiments),
        published=str(cfg.evaluation.published or "") or [],
    output:
        **TABLES,
        latex=LATEX,
    log:
        f"{LOGS}/tables.log",
    benchmark:
        f"{BENCHMARKS}/tables.tsv"
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1500,
    params:
        metrics=METRICS,
        predictions=PREDICTIONS,
        stores=EXPERIMENT_STORES,
        missing=cfg.missing_experiments,
        published=str(cfg.evaluation.published or ""),
        shipped=sha256_file(PACKAGE_ROOT / "evaluation" / "tables" / "literature.csv"),
        code=code_version("ariigcn.evaluation.tables.write"),
    script:
        "../scripts/tables.py"


rule figures:
    input:
        table=TABLE,
        metrics=list(METRICS.values()),
        histories=[run_paths("history.parquet", name) for name in FIGURED],
        predictions=[PREDICTIONS[name] for name in FIGURED],
        tables=[TABLES["comparisons"], TABLES["missing"]],
    output:
        list(FIGURES.values()),
    log:
        f"{LOGS}/figures.log",
    benchmark:
        f"{BENCHMARKS}/figures.tsv"
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1000,
    params:
        figures=FIGURES,
        metrics=METRICS,
        histories={name: run_paths("history.parquet", name) for name in FIGURED},
        predictions={name: PREDICTIONS[name] for name in FIGURED},
        tables=TABLES,
        code=code_version("ariigcn.evaluation.figures.draw"),
    script:
        "../scripts/figures.py"


rule inspection:
    input:
        **{m: store_path(m, e.store) for m, e in EXPERIMENTS[MAIN].encoders.items()},
        table=TABLE,
        graph=graph_path(EXPERIMENTS[MAIN].graph.name),
        model=main_run("model"),
    output:
        inspection=INSPECTION,
        figure=REPRESENTATIONS,
    log:
        f"{LOGS}/inspection.log",
    benchmark:
        f"{BENCHMARKS}/inspection.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=2500,
    params:
        stores=EXPERIMENT_STORES[MAIN],
        graph=EXPERIMENTS[MAIN].graph.name,
        seed=cfg.seeds[0],
        code=code_version(
            "ariigcn.evaluation.inspection", "ariigcn.evaluation.figures.representations"
        ),
    script:
        "../scripts/inspection.py"


rule curves:
    input:
        [METRICS[cell] for grid in cfg.grids.values() for cell in grid.cells],
    output:
        list(CURVES.values()),
    log:
        f"{LOGS}/curves.log",
    benchmark:
        f"{BENCHMARKS}/curves.tsv"
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1000,
    params:
        sweeps=[sweep_of(name, out) for name, out in CURVES.items()],
        code=code_version("ariigcn.evaluation.figures.curves"),
    script:
        "../scripts/curves.py"


rule evaluation:
    input:
        REPRESENTATIONS,
        list(TABLES.values()),
        list(FIGURES.values()),
        list(CURVES.values()),
