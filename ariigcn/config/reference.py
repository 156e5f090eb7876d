"""The configuration as text for people: its JSON schema, and docs/config.md."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from ariigcn.config.sections import Config
from ariigcn.core.settings import Section
from ariigcn.features.config import Normalisation

HEAD = """# Configuration

Every key of `config.yaml`, with its type, bounds and default. An unknown key or an impossible value
stops the workflow before the first job; the message names the key and the repair. The command
`ariigcn schema --markdown` writes this page.

"Again from" names the first stage that runs again after a change; all later stages follow. A key with
"nothing" changes only speed or place: finished results are kept.
"""
# The stages in their order, and the one in which a key, or a section's keys, are first at work.
STAGES = (
    "corpus",
    "table",
    "features",
    "graphs",
    "models",
    "evaluation",
    "report",
    "tune",
    "predictions",
)
FIRST_STAGE = {
    "corpus": "corpus",
    "corpus_root": "table",
    "demo": "corpus",
    **dict.fromkeys(("folder", "iemocap", "meld", "mosi", "published", "split"), "table"),
    "features": "features",
    "graph": "graphs",
    **dict.fromkeys(("model", "training", "seeds", "experiments"), "models"),
    "evaluation": "evaluation",
    "report": "report",
    "tune": "tune",
    "predict": "predictions",
}
BOUNDS = {  # attribute of a field's constraint: how it is told
    "ge": ">=",
    "gt": ">",
    "le": "<=",
    "lt": "<",
    "multiple_of": "multiple of",
}


def schema_text() -> str:
    """The configuration's JSON schema, as it stands in workflow/schemas."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"


def config_page() -> str:
    """docs/config.md: one table a section."""
    parts = [HEAD]
    for path, section in _sections(Config(), ""):
        summary = (section.__doc__ or "").strip().splitlines()[0]
        rows = [
            _row(f"{path}.{name}".strip("."), field, getattr(section, name))
            for name, field in type(section).model_fields.items()
            if field.description and not isinstance(getattr(section, name), Section)
        ]
        title = f"`{path}`" if path else "Top level"
        table = [
            "| key | type | default | again from | |",
            "| --- | --- | --- | --- | --- |",
            *rows,
        ]
        parts.append("\n".join([f"## {title}", summary, "", *table]) + "\n")
    return "\n".join(parts)


def _sections(section: Section, path: str) -> Iterator[tuple[str, Section]]:
    """A section with the sections within it, each with the path of its keys."""
    yield path, section
    for name in type(section).model_fields:
        nested = getattr(section, name)
        if isinstance(nested, Section):
            yield from _sections(nested, f"{path}.{name}".strip("."))


def first_stage(path: str) -> str | None:
    """The first stage that a change of a key runs again; None where no result depends on it.

    Args:
        path: the key with its sections, such as ``training.epochs``.
    """
    section: Section = Config()
    for name in path.split("."):
        if name in section.speed_keys():
            return None
        if isinstance(section, Normalisation) and name in Normalisation.model_fields:
            return "models"
        nested = getattr(section, name, None)  # an encoder's parameters are plain
        if isinstance(nested, Section):
            section = nested
    return FIRST_STAGE[path.split(".", maxsplit=1)[0]]


def _row(path: str, field: FieldInfo, default: Any) -> str:
    name, stage = path.rpartition(".")[2], first_stage(path) or "nothing"
    if not isinstance(default, str | Path):
        default = json.dumps(default, default=_plain)
    kind = ", ".join([_kind(field.annotation), *_bounds(field)])
    shown = f"`{default}`" if default else ""
    return f"| `{name}` | {kind} | {shown} | {stage} | {field.description} |"


def _plain(value: Any) -> Any:
    """A section within a mapping as its keys, anything else as text."""
    return value.model_dump(exclude_defaults=True) if isinstance(value, Section) else str(value)


def _bounds(field: FieldInfo) -> list[str]:
    return [
        f"{sign} {getattr(constraint, name)}"
        for constraint in field.metadata
        for name, sign in BOUNDS.items()
        if hasattr(constraint, name)
    ]


def _kind(annotation: Any) -> str:
    """A type as a user would write its value."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    if annotation in plain:
        return plain[annotation]
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    inner = [_kind(a) for a in get_args(annotation) if a not in (NoneType, Ellipsis)]
    if get_origin(annotation) is tuple:
        return f"list of {inner[0]}"
    if get_origin(annotation) is dict:
        return "mapping"
    if inner:
        return " or ".join([*inner, *(["null"] if NoneType in get_args(annotation) else [])])
    return "path" if annotation is Path else "text"
