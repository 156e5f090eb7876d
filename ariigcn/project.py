"""A project of one's own: its files laid out, and the package's workflow run in its folder.

``_workflow`` is the repository's Snakefile, workflow, profiles, environments and configuration: links
in a checkout, files in a wheel. The Snakefile is the root's, beside which Snakemake finds the profiles.
"""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from ariigcn.core.errors import AriigcnError, ConfigError

WORKFLOW = Path(__file__).with_name("_workflow")
# Where a checkout has them, so that every command of the documentation holds in a project, too.
LAID_OUT = ("config.yaml", "profiles", "workflow/presets", "workflow/schemas")


def lay_out(folder: Path) -> list[Path]:
    """Write configuration, presets with their schema, and profiles of a new project; the files.

    Raises:
        AriigcnError: one of them is there already (nothing is overwritten), the folder cannot be
            written, or the package lacks them.
    """
    _check_installed()
    made: dict[Path, Path] = {}
    for name in LAID_OUT:
        source = WORKFLOW / name
        for path in [source] if source.is_file() else sorted(source.rglob("*.*")):
            made[folder / path.relative_to(WORKFLOW)] = path
    for path in made:
        if path.exists():
            raise AriigcnError(f"{path}: exists already; name another folder")
    try:
        for path, source in made.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
    except OSError as error:
        raise AriigcnError(f"{error.filename}: cannot be written ({error.strerror})") from None
    return list(made)


def snakemake_command(arguments: Sequence[str], corpus: str | None = None) -> list[str]:
    """The command that runs the package's workflow in the working folder.

    Args:
        arguments: Snakemake's own, such as targets, ``--cores``, ``--configfile``.
        corpus: its name, in place of the configuration's.

    Raises:
        ConfigError: the arguments name another workflow or folder, or nothing says what to run.
        AriigcnError: the package lacks its workflow.
    """
    from snakemake.cli import get_argument_parser

    from ariigcn.config.files import BASE

    _check_installed()
    given = get_argument_parser().parse_args(list(arguments))
    if given.snakefile or given.directory:
        raise ConfigError(
            "ariigcn run runs the package's workflow in the folder where you are: go to the project "
            "instead of --directory; call snakemake for another --snakefile"
        )
    end = arguments.index("--") if "--" in arguments else len(arguments)
    # What stands last counts; Snakemake reads only one --config and one --configfile.
    command = [sys.executable, "-m", "snakemake", *arguments[:end]]
    command += ["--snakefile", str((WORKFLOW / "Snakefile").resolve())]
    if not BASE.is_file():
        if not (corpus or given.configfile):
            raise ConfigError(
                f"no {BASE} in {Path.cwd()}: start a project with `ariigcn init DIR` and go to it, "
                "or name a corpus, such as --corpus demo"
            )
        command += ["--configfile", str(WORKFLOW / BASE), *map(str, given.configfile)]
    if corpus:
        command += ["--config", *(given.config or ()), f"corpus={corpus}"]
    return [*command, *arguments[end:]]


def _check_installed() -> None:
    missing = [name for name in ("Snakefile", *LAID_OUT) if not (WORKFLOW / name).exists()]
    if missing:
        raise AriigcnError(
            f"{WORKFLOW}: lacks {', '.join(missing)}; install ariigcn again, from a wheel or from a "
            "checkout with its symbolic links"
        )
