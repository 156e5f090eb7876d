FIGURED = cfg.evaluation.figures_of or tuple(EXPERIMENTS)
METRICS = {name: run_paths("metrics.json", name) for name in EXPERIMENTS}
FIGURES = {
    "results": f"{RESULTS}/figures/results.svg",
    **{
        f"{kind}/{name}": f"{RESULTS}/figures/{name}.{kind}.svg"
        for kind in ("confusion", "history", "discriminators")
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
    "results": f"{RESULTS}/tables/results.csv",
    "per_class": f"{RESULTS}/tables/per_class.csv",
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


rule tables:
    input:
        table=TABLE,
        metrics=list(METRICS.values()),
    output:
        **TABLES,
        latex=f"{RESULTS}/tables/results.tex",
    log:
        f"{LOGS}/tables.log",
    benchmark:
        f"{BENCHMARKS}/tables.tsv"
    conda:
        "../../envs/evaluation.yaml"
    resources:
        mem_mb=1000,
    params:
        metrics=METRICS,
        code=code_version("ariigcn.evaluation.tables"),
    script:
        "../scripts/tables.py"


rule figures:
    input:
        table=TABLE,
        metrics=list(METRICS.values()),
        histories=[run_paths("history.parquet", name) for name in FIGURED],
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
        code=code_version("ariigcn.evaluation.figures"),
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
        code=code_version(
            "ariigcn.evaluation.inspection", "ariigcn.evaluation.representations"
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
        code=code_version("ariigcn.evaluation.curves"),
    script:
        "../scripts/curves.py"


rule evaluation:
    input:
        REPRESENTATIONS,
        list(TABLES.values()),
        list(FIGURES.values()),
        list(CURVES.values()),
