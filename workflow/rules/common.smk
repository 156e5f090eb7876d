# The plan of the checked configuration; what each rule makes of it stands in its own file.

from ariigcn.config.files import check_files
from ariigcn.core.code import code_version
from ariigcn.core.errors import ConfigError
from ariigcn.plan.load import load_plan

try:
    check_files(workflow.overwrite_configfiles)
    plan = load_plan(config)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

cfg, files = plan.config, plan.files


def one_of(names):
    """A wildcard's pattern that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or "(?!)"
