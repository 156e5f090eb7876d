"""AR-IIGCN: from a raw corpus to a trained model, every table and the report."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/functions.smk"
include: "workflow/rules/corpus.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/finetune.smk"


localrules:
    all,
    features,


onstart:
    # Where jobs copy their files from and to a storage, they share no folder.
    if SharedFSUsage.INPUT_OUTPUT in workflow.storage_settings.shared_fs_usage:
        mark_mounts([cfg.data_dir, cfg.results_dir])
    if not plan.trained:
        record.note(plan)


# Either a trained model predicts the corpus, or models are trained on it.
if plan.trained:

    include: "workflow/rules/predictions.smk"

    rule all:
        default_target: True
        input:
            rules.predictions.input,

else:

    include: "workflow/rules/graphs.smk"
    include: "workflow/rules/training.smk"
    include: "workflow/rules/evaluation.smk"
    include: "workflow/rules/report.smk"
    include: "workflow/rules/tune.smk"

    localrules:
        graphs,
        models,
        evaluation,
        report,
        paper,
        predictions,
        tune,

    rule all:
        default_target: True
        input:
            rules.report.input,
            rules.evaluation.input,

    rule predictions:
        input:
            no_model,

    # Everything that the paper shows: with workflow/presets/paper.yaml.
    rule paper:
        input:
            rules.all.input,
