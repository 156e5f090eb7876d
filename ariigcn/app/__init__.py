"""A page for people who do not type commands: a recording in, its emotions over time out.

It needs the extra ``ariigcn[app]``. :func:`build` gives the page; its ``launch()`` serves it.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ariigcn.app.limits import Limits
from ariigcn.core.errors import ConfigError

if TYPE_CHECKING:
    from ariigcn.app.page import Page

__all__ = ["Limits", "available", "build"]


def available() -> str:
    """What the page lacks, with what mends it; empty where nothing does."""
    return "" if find_spec("gradio") else "gradio is not installed; pip install 'ariigcn[app]'"


def build(
    model: str | None = None,
    results: Path | str = "results",
    limits: Limits | None = None,
    *,
    plugins: bool = False,
) -> "Page":
    """The page, as Gradio's Blocks; ``build().launch()`` is a whole Space.

    Args:
        model: which model is chosen at first: a name of ``ariigcn models``; None: ``meld-text``.
        results: folder of what was trained here; its models can be chosen too.
        limits: what a visitor may ask for.
        plugins: as :func:`ariigcn.load`'s.

    Raises:
        ConfigError: the extra is not installed.
        DataError: no model has this name.
    """
    if lacking := available():
        raise ConfigError(f"the page cannot start: {lacking}")
    from ariigcn.app.page import Page

    return Page(model, Path(results), limits or Limits(), plugins=plugins)
