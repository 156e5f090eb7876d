"""The workflow of workflow/Snakefile, for whoever calls Snakemake in the repository's root."""


include: "workflow/Snakefile"


# Snakemake takes no default target from an included file.
workflow.default_target = "all"
