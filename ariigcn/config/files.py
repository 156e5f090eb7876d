"""Configuration files: read in words, and laid one over another as Snakemake does it.

``config.yaml`` of the working folder comes first, then the files that a command names, in their
order, then its ``--config``. Snakemake merges them by itself; :func:`check_files` says what it would
take without a word, and :func:`merged` gives ``ariigcn check`` the very same answer.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ariigcn.core.errors import ConfigError, problem_list

BASE = Path("config.yaml")


def merged(files: Sequence[Path], assignments: Sequence[str] = ()) -> dict[str, Any]:
    """The values that Snakemake hands to the workflow.

    Args:
        files: as after ``--configfile``.
        assignments: as after ``--config``, such as ``corpus=meld``.

    Raises:
        ConfigError: a file cannot be read, or an assignment is none.
    """
    from snakemake.cli import parse_config
    from snakemake.utils import update_config

    values: dict[str, Any] = {}
    for path in _with_base(files):
        update_config(values, read_values(path))
    try:
        update_config(values, parse_config(list(assignments)))
    except ValueError as error:
        raise ConfigError(f"--config: {error}; write KEY=VALUE, such as corpus=meld") from None
    return values


def check_files(files: Sequence[Path]) -> None:
    """Hold files to what merging would hide.

    Raises:
        ConfigError: a file cannot be read or says a key twice, or two overlays name two corpora: the
            last would win, and undo what the one before it is for.
    """
    named: dict[str, Path] = {}
    for place, path in enumerate(_with_base(files)):
        corpus = read_values(path).get("corpus")
        if place and corpus is not None:
            named[str(corpus)] = path
    if len(named) > 1:
        told = [f"{path} says {corpus}" for corpus, path in named.items()]
        title = "the files name two corpora (config.yaml comes first by itself; name one overlay)"
        raise ConfigError(problem_list(title, told))


def read_values(path: Path) -> dict[str, Any]:
    """What one file says.

    Raises:
        ConfigError: it is absent, not YAML in UTF-8, no mapping, or says a key twice.
    """
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}: line {line} is not UTF-8; save the file as UTF-8") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML ({_words(error)})") from None
    if values is not None and not isinstance(values, dict):
        kind = type(values).__name__
        raise ConfigError(f"{path}: holds a {kind}; a configuration is 'key: value' lines")
    return values or {}


def _with_base(files: Sequence[Path]) -> list[Path]:
    """The files in the order in which they are merged."""
    first = [BASE] if BASE.is_file() else []
    if first and files and files[0].resolve() == BASE.resolve():
        first = []
    return [*first, *files]


def _words(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    return where + str(getattr(error, "problem", None) or error).replace("\n", " ")


class _Loader(yaml.SafeLoader):
    """YAML that says every key once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping's values.

        Raises:
            yaml.MarkedYAMLError: a key stands twice; plain YAML takes the last without a word.
        """
        seen: dict[Any, int] = {}
        for key, _ in node.value:
            name, line = getattr(key, "value", None), key.start_mark.line + 1
            if isinstance(name, str) and name != "<<" and seen.setdefault(name, line) != line:
                told = f"'{name}' is already in line {seen[name]}; give one of them another name"
                raise yaml.MarkedYAMLError(problem=told, problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)
