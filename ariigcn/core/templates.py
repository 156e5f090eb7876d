"""How templates are filled in: a name that is not given is an error, and HTML is escaped."""

from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined


def environment(loader: BaseLoader, **options: Any) -> Environment:
    """Templates whose tags leave no lines of their own.

    Args:
        loader: where they are.
        options: of :class:`jinja2.Environment`, over ours.
    """
    ours = {"autoescape": True, "lstrip_blocks": True}
    return Environment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, **(ours | options)
    )
