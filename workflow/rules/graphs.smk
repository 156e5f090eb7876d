GRAPHS = cfg.graphs()


def graph_path(name):
    return f"{RESULTS}/graphs/{name}.h5"


rule graph:
    input:
        TABLE,
    output:
        graph_path("{graph}"),
    log:
        f"{LOGS}/graph.{{graph}}.log",
    wildcard_constraints:
        graph=one_of(GRAPHS),
    params:
        graph=lambda wildcards: section(GRAPHS[wildcards.graph]),
        code=code_version("ariigcn.graphs.build"),
    resources:
        mem_mb=2000,
    conda:
        "../../envs/features.yaml"
    script:
        "../scripts/graph.py"


rule graphs:
    input:
        [graph_path(name) for name in GRAPHS],
