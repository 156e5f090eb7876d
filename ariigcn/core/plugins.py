"""Finding a corpus, encoder, model or graph layer by its name: ours, another package's, or a module.

Three kinds of names go through one door:

- a name of ours, such as ``opensmile``;
- a name that an installed package offers as an entry point, in a group such as ``ariigcn.encoders``;
- ``module:my_lab.pitch``, a module that Python can import, or ``module:my_lab.gru:ENTRY``, what it holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from ariigcn.core.settings import unknown_name

MODULE = "module:"


@dataclass(frozen=True)
class Plugins:
    """One kind of thing that others may add.

    Args:
        what: what it is called in messages.
        group: the entry points' group.
        ours: name -> where it is, ``package.module`` or ``package.module:object``; or the thing itself.
        prefix: what an entry point's name starts with, where a group holds several kinds.
    """

    what: str
    group: str
    ours: Mapping[str, Any]
    prefix: str = ""

    def where(self, name: str) -> str:
        """Where the thing of this name is, ``package.module`` or ``package.module:object``.

        Raises:
            ValueError: no such name; the nearest known one is named.
        """
        if name in self.ours:
            return str(self.ours[name])
        if name.startswith(MODULE):
            return name.removeprefix(MODULE)
        others = _offered(self.group, self.prefix)
        if name not in others:
            raise ValueError(unknown_name(name, [*self.ours, *others], self.what))
        return others[name]

    def module(self, name: str) -> str:
        """The dotted name of the module that holds it; its code decides what runs again."""
        return self.where(name).partition(":")[0]

    def load(self, name: str) -> Any:
        """The module, or the object in it.

        Raises:
            ValueError: no such name, or it cannot be imported.
        """
        here = self.ours.get(name)
        return load(self.where(name)) if here is None or isinstance(here, str) else here


def load(where: str) -> Any:
    """The module, or the object in it, at ``package.module`` or ``package.module:object``.

    Raises:
        ValueError: it cannot be imported, or the module holds no such object.
    """
    module, _, name = where.partition(":")
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        raise ValueError(
            f"'{module}' cannot be imported ({error}); install its package into this environment, or "
            "put the folder that holds it on PYTHONPATH"
        ) from None
    if name and not hasattr(found, name):
        raise ValueError(
            f"'{module}' has no '{name}'; write module:{module}:NAME with a name that it has"
        )
    return getattr(found, name) if name else found


def modules_in(plain: Any) -> set[str]:
    """The ``module:`` names in plain data, wherever they stand: what reading it may import."""
    found, left = set(), [plain]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            left += value.values()
        elif isinstance(value, list | tuple):
            left += value
        elif isinstance(value, str) and value.startswith(MODULE):
            found.add(value)
    return found


def short_name(name: str) -> str:
    """A name that a file can have: the last part of a ``module:`` name, any other as it is."""
    if not name.startswith(MODULE):
        return name
    last = name.replace(":", ".").rpartition(".")[2]
    return last.lower().replace("_", "-")


@cache
def _offered(group: str, prefix: str) -> dict[str, str]:
    """What installed packages offer: name -> where it is."""
    found = entry_points(group=group)
    return {e.name.removeprefix(prefix): e.value for e in found if e.name.startswith(prefix)}
