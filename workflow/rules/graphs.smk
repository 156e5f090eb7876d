rule graph:
    input:
        TABLE,
        labels=labels,
    output:
        graph_path("{graph}"),
    log:
        f"{LOGS}/graph.{{graph}}.log",
    benchmark:
        f"{BENCHMARKS}/graph.{{graph}}.tsv"
    wildcard_constraints:
        graph=one_of(GRAPHS),
    conda:
        "../../envs/features.yaml"
    resources:
        mem_mb=2000,
    params:
        graph=lambda wildcards: section(GRAPHS[wildcards.graph]),
        code=code_version("ariigcn.graphs.build"),
    script:
        "../scripts/graph.py"


rule graphs:
    input:
        [graph_path(name) for name in GRAPHS],
