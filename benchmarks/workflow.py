"""The project's workflow as a command whose data and results lie in a folder of their own."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def command(
    folder: Path, *words: str, cores: int, config: list[str], settings: Path | None = None
) -> list[str]:
    """Snakemake with this checkout's workflow.

    Args:
        folder: the working folder.
        words: targets and options.
        cores: how many it may use.
        config: as after ``--config``.
        settings: the configuration file; None: the default run's.
    """
    return [
        *(sys.executable, "-m", "snakemake", "--cores", str(cores), *words),
        *("--snakefile", str(REPOSITORY / "Snakefile"), "--directory", str(folder)),
        *("--configfile", str(settings or REPOSITORY / "config.yaml"), "--config", *config),
    ]
