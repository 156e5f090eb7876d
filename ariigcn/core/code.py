"""The version of the code behind a stage, so that an edit reruns what it changes and nothing else.

A stage's version is a hash over the syntax trees of its entry modules and of every ``ariigcn``
module they import, directly or not. Comments and formatting do not count, and neither do
registries: what a stage takes from one is named among its parameters.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "ariigcn"
PACKAGE_ROOT = Path(__file__).resolve().parents[1]


def code_version(*modules: str) -> str:
    """Twelve hex digits that change when any code behind ``modules`` changes."""
    digest = hashlib.sha256()
    for module in sorted(closure(*modules)):
        digest.update(module.encode())
        digest.update(_tree_dump(module).encode())
    return digest.hexdigest()[:12]


def closure(*modules: str) -> set[str]:
    """The ``ariigcn`` modules that ``modules`` import, transitively, themselves included."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(imports_of(module))
    return found


@cache
def imports_of(module: str) -> frozenset[str]:
    """The ``ariigcn`` modules that one module names in its import statements, wherever they stand."""
    named: set[str] = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named.add(node.module)
            named.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(n for n in named if _is_versioned(n))


def _is_versioned(name: str) -> bool:
    ours = name.split(".", maxsplit=1)[0] == PACKAGE and not name.endswith(".registry")
    return ours and _path(name) is not None


@cache
def _tree_dump(module: str) -> str:
    return ast.dump(_tree(module))


@cache
def _tree(module: str) -> ast.Module:
    path = _path(module)
    if path is None:
        raise ModuleNotFoundError(module)
    return ast.parse(path.read_text(encoding="utf-8"))


def _path(module: str) -> Path | None:
    """The file of a module, or None where the name is not a module of this package."""
    base = PACKAGE_ROOT.joinpath(*module.split(".")[1:])
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
