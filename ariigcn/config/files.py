"""Configuration files: read in words, and laid one over another as Snakemake does it.

``config.yaml`` of the working folder comes first, then the files that a command names, in their
order, then its ``--config``. Snakemake merges them by itself; :func:`check_files` says what it would
take without a word, and :func:`merged` gives ``ariigcn check`` the very same answer.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ariigcn.core.errors import ConfigError, problem_list

BASE = Path("config.yaml")
TOP = "(top level)"
# A line of a refusal: the path of a key, and the key within it that is not known.
FINDING = re.compile(
    r"  - (?P<path>\(top level\)|[\w-]+(?:\.[\w-]+)*): (?:unknown key '(?P<key>[^']+)')?"
)


def merged(files: Sequence[Path], said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The values that Snakemake hands to the workflow, in the order in which they are said.

    Args:
        files: as after ``--configfile``.
        said: by ``--config``, nested, of :func:`assigned`.

    Raises:
        ConfigError: a file cannot be read.
    """
    from snakemake.utils import update_config

    values: dict[str, Any] = {}
    for path in _with_base(files):
        update_config(values, read_values(path))
    update_config(values, said or {})
    return values


def in_order(values: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    """Values with their keys, at every depth, in another mapping's order; keys that it lacks come last.

    Snakemake puts the keys of overlays first, and an experiment that stands first is the main one.

    Args:
        values: what Snakemake hands over.
        order: of :func:`merged`, the same configuration.
    """
    names = dict.fromkeys([*(name for name in order if name in values), *values])
    inner = {name: (values[name], order.get(name)) for name in names}
    return {
        name: in_order(value, like) if isinstance(value, dict) and isinstance(like, dict) else value
        for name, (value, like) in inner.items()
    }


def assigned(assignments: Sequence[str]) -> dict[str, Any]:
    """What ``--config`` says, nested.

    Raises:
        ConfigError: an assignment is none.
    """
    from snakemake.cli import parse_config

    try:
        found: dict[str, Any] = parse_config(list(assignments))
    except ValueError as error:
        raise ConfigError(f"--config: {error}; {_mend(assignments)}") from None
    return found


def _mend(assignments: Sequence[str]) -> str:
    """How to write an assignment that is none; a dotted key nested, as YAML has it."""
    for assignment in assignments:
        key, _, value = assignment.partition("=")
        if "." in key:
            first, *parts = key.split(".")
            nested = "".join(f"{{{part}: " for part in parts) + value + "}" * len(parts)
            return f"write '{first}={nested}' for {assignment}"
    return "write KEY=VALUE, such as corpus=meld"


def with_places(
    error: ConfigError, files: Sequence[Path], assigned: Mapping[str, Any] | None = None
) -> ConfigError:
    """The same error, each finding with the file that says what is wrong.

    Args:
        error: its findings begin with the path of a key.
        files: as after ``--configfile``.
        assigned: what ``--config`` says, nested.
    """
    sources: dict[str, Mapping[str, Any]] = {str(p): read_values(p) for p in _with_base(files)}
    sources["--config"] = assigned or {}
    return ConfigError("\n".join(line + _place(line, sources) for line in str(error).splitlines()))


def _place(line: str, sources: Mapping[str, Mapping[str, Any]]) -> str:
    """Which source says what a line of a refusal is about; of several, the last, which counts."""
    found = FINDING.match(line)
    if found is None:
        return ""
    path = [*found["path"].replace(TOP, "").split("."), found["key"] or ""]
    path = [part for part in path if part]
    depths = {name: _depth(values, path) for name, values in sources.items()}
    deepest = max(depths.values())
    said = [name for name, depth in depths.items() if depth == deepest > 0]
    return f" (in {said[-1]})" if said else ""


def _depth(values: Any, path: Sequence[str]) -> int:
    """How many parts of a key's path a tree of values has."""
    depth = 0
    for part in path:
        if not isinstance(values, Mapping) or part not in values:
            break
        values, depth = values[part], depth + 1
    return depth


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
