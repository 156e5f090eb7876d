rule graph:
    input:
        files.table,
        labels=labels,
    output:
        files.graph(),
    log:
        files.log("graph.{graph}"),
    benchmark:
        files.benchmark("graph.{graph}")
    wildcard_constraints:
        graph=one_of(plan.graphs),
    conda:
        "../../envs/features.yaml"
    resources:
        mem_mb=2000,
    params:
        graph=lambda wildcards: plan.graphs[wildcards.graph].deciding(),
        code=code_version("ariigcn.graphs.build"),
    script:
        "../scripts/graph.py"


rule graphs:
    input:
        [files.graph(name) for name in plan.graphs],
