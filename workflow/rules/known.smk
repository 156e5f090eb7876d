# Results of another configuration do not pass for this one's.
#
# What Snakemake knows of a file, its parameters above all, lies in the working folder's .snakemake, by
# the path as it is spelt. Of a file that it does not know it compares times alone, and would take models
# of other settings as they are: after .snakemake was removed, from another working folder, or by another
# spelling of results_dir. There what the models and our own record say decides.

from snakemake.io import IOFile

# Of a run that trains, what is there and was made with other settings.
CHANGED, OTHER_TABLES = {}, {}
if workflow.is_main_process and not plan.trained:
    CHANGED, OTHER_TABLES = record.changed(plan), record.other_tables(plan)
    for replaced in record.replaced(plan, CHANGED, OTHER_TABLES):
        logger.warning(replaced)


def force_unknown(paths):
    """No inputs; those files are made again, as by -R, of which Snakemake knows nothing.

    Called by input functions, so that a run that does not need the files makes none.
    """
    for path in paths:
        if workflow.persistence.metadata(IOFile(path)) is None:
            workflow.dag.forcefiles.add(path)
    return []


def known_runs(wildcards):
    """No inputs of a training; what is there of it with other settings is made again."""
    changed = wildcards.experiment in CHANGED
    return force_unknown(plan.runs("model", wildcards.experiment) if changed else [])


def known_corpus(path):
    """No inputs of the rule that makes the table or its demo; one of other settings is made again."""
    return lambda wildcards: force_unknown([path] if OTHER_TABLES else [])
