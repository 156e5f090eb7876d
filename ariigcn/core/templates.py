"""How templates are filled in: a name that is not given is an error, and HTML is escaped."""

import base64
import hashlib
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup


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


def inline_script(script: str) -> dict[str, Any]:
    """A page's script, and its digest: the only script that the page's policy lets run."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"script": Markup(script), "script_digest": digest}
