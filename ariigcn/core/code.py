"""The version of the code behind a stage, so that an edit reruns what it changes and nothing else.

A stage's version is a hash over the syntax trees of its entry modules and of every ``ariigcn``
module they import, directly or not. What no result depends on does not count: comments, formatting,
docstrings, the words of errors, log lines and of configuration keys, and the modules in :data:`SILENT`.
Neither do registries: what a stage takes from one is named among its parameters.
"""

import ast
import hashlib
from functools import cache
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any

PACKAGE = "ariigcn"
PACKAGE_ROOT = Path(__file__).resolve().parents[1]
# They report progress and errors, or stop the work; no result depends on them.
SILENT = frozenset({f"{PACKAGE}.core.{name}" for name in ("code", "errors", "logs", "signals")})


@cache
def code_version(*modules: str) -> str:
    """Twelve hex digits that change when any code behind ``modules`` changes."""
    digest = hashlib.sha256()
    for module in sorted(closure(*modules)):
        digest.update(module.encode())
        digest.update(_read(module)[1].encode())
    return digest.hexdigest()[:12]


def closure(*modules: str) -> set[str]:
    """The modules that ``modules`` import, transitively, themselves included.

    Those of ``ariigcn`` count, and those of the packages that ``modules`` belong to: an encoder of
    another package hangs on that package.
    """
    packages = frozenset({PACKAGE, *map(_package, modules)})
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(imports_of(module, packages))
    return found


@cache
def imports_of(module: str, packages: frozenset[str] = frozenset({PACKAGE})) -> frozenset[str]:
    """The modules of some packages that one module names in its import statements, wherever they stand."""
    return frozenset(n for n in _read(module)[0] if _package(n) in packages and _is_versioned(n))


@cache
def _read(module: str) -> tuple[frozenset[str], str]:
    """The names in a module's imports, and what of it decides results."""
    path = _path(module)
    if path is None:
        raise ModuleNotFoundError(module)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # What relative imports start from; a package's own file is named as the package.
    inside = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return _imports(tree, inside), ast.dump(_Deciding().visit(tree))


def _imports(tree: ast.Module, inside: str) -> frozenset[str]:
    """The modules that a module of the package ``inside`` names."""
    named: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (inside or not node.level):
            source = resolve_name("." * node.level + (node.module or ""), inside)
            named.add(source)
            named.update(f"{source}.{alias.name}" for alias in node.names)
    return frozenset(named)


class _Deciding(ast.NodeTransformer):
    """Leaves out what is for people alone."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        silent = isinstance(node.value, ast.Constant) or _logs(node.value)
        return None if silent else self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return _Wordless().visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "Field":
            node.keywords = [k for k in node.keywords if k.arg != "description"]
        return self.generic_visit(node)


class _Wordless(ast.NodeTransformer):
    """Leaves out texts: an error may carry more, such as what becomes of a clip."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, _: ast.JoinedStr) -> ast.AST:
        return ast.Constant("")


def _logs(value: Any) -> bool:
    """Whether an expression is a line for the log."""
    called = value.func if isinstance(value, ast.Call) else None
    of = called.value if isinstance(called, ast.Attribute) else None
    return isinstance(of, ast.Name) and of.id == "logger"


def _is_versioned(name: str) -> bool:
    registry = _package(name) == PACKAGE and name.endswith(".registry")
    return not registry and name not in SILENT and _path(name) is not None


def _package(module: str) -> str:
    return module.partition(".")[0]


def _path(module: str) -> Path | None:
    """The file of a module, or None where the name is not a module."""
    package = _package(module)
    root = PACKAGE_ROOT.parent if package == PACKAGE else _folder(package)
    base = root.joinpath(*module.split(".")) if root else None
    for candidate in (base.with_suffix(".py"), base / "__init__.py") if base else ():
        if candidate.is_file():
            return candidate
    return None


@cache
def _folder(package: str) -> Path | None:
    """The folder that another package, or a module without one, lies in; nothing of it is run."""
    spec = find_spec(package)
    if spec is None:
        return None
    if spec.submodule_search_locations:  # of a package without an __init__.py, all that is known
        return Path(next(iter(spec.submodule_search_locations))).parent
    return Path(spec.origin).parent if spec.origin else None
