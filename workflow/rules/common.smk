# The checked configuration, and where things are.

from ariigcn.config import load_config
from ariigcn.core.code import code_version
from ariigcn.core.errors import ConfigError
from ariigcn.features.modality import MODALITIES

try:
    cfg = load_config(config)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

TABLE = f"{cfg.data_dir}/{cfg.corpus}/utterances.parquet"
RESULTS = f"{cfg.results_dir}/{cfg.corpus}"
LOGS = f"logs/{cfg.corpus}"


def section(value):
    """A configuration section as an ordered, plain parameter of a rule."""
    return value.model_dump(mode="json")


def one_of(names):
    """A wildcard's pattern that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or "(?!)"
