# The plan of the checked configuration; what each rule makes of it stands in its own file.

from ariigcn.config.files import check_files, in_order, merged, with_places
from ariigcn.core.code import code_version
from ariigcn.core.errors import ConfigError, DataError
from ariigcn.core.mounts import check_mounts
from ariigcn.plan import record
from ariigcn.plan.load import load_plan

# As they are laid one over another: what a Snakefile names, this one's or one's that uses it, then what
# the command does.
given = workflow.overwrite_configfiles
laid = [*map(Path, workflow.configfiles[len(given) :]), *given]
try:
    if workflow.is_main_process:  # jobs have the files that it has looked at
        check_files(given)
    plan = load_plan(in_order(config, merged(laid, workflow.config_settings.config)))
except ConfigError as error:
    told = with_places(
        error, workflow.overwrite_configfiles, workflow.config_settings.config
    )
    raise WorkflowError(str(told)) from None

cfg, files = plan.config, plan.files
if not workflow.is_main_process:
    try:
        check_mounts()
    except DataError as error:
        raise WorkflowError(str(error)) from None
else:
    from ariigcn.terminal.outcome import Outcome

    # For the terminal at the end of the run; Snakemake's own logger passes over it.
    logger.info("", extra={"outcome": Outcome.of(plan)})


def one_of(names):
    """A wildcard's pattern that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or "(?!)"
