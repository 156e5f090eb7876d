"""The base of every configuration section: unknown keys are errors that name the nearest known one.

A key decides results unless it says that it does not: ``device: Annotated[str, SPEED]`` decides how
fast results come or where they lie, and nothing else. What decides results goes into the parameters
of rules and into digests (:meth:`Section.deciding`); the rest is read when a job starts.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

SPEED = "decides speed or place, never results"


def _distinct(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if again := [str(one) for place, one in enumerate(value) if one in value[:place]]:
        raise ValueError(f"names {', '.join(dict.fromkeys(again))} twice")
    return value


Names = Annotated[tuple[str, ...], AfterValidator(_distinct)]
# Seeds of training runs, as numpy's global generator takes them.
Seeds = Annotated[tuple[Annotated[int, Field(ge=0, lt=2**32)], ...], AfterValidator(_distinct)]


class Section(BaseModel):
    """A frozen section of the configuration; each field carries a description, unit and bound."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )

    @classmethod
    def speed_keys(cls) -> frozenset[str]:
        """The keys on which no result depends."""
        return frozenset(name for name, f in cls.model_fields.items() if SPEED in f.metadata)

    def deciding(self) -> dict[str, Any]:
        """What results depend on, plain and in order, in the sections within it too."""
        plain = self.model_dump(mode="json", exclude=set(self.speed_keys()))
        for name in plain:
            value = getattr(self, name)
            if isinstance(value, Section):
                plain[name] = value.deciding()
        return plain

    def speed(self) -> dict[str, Any]:
        """What no result depends on, of this section alone."""
        return self.model_dump(mode="json", include=set(self.speed_keys()))

    @model_validator(mode="before")
    @classmethod
    def _name_the_nearest_key(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    raise ValueError(unknown_name(str(key), list(cls.model_fields), "key"))
        return data

    @field_validator("*", mode="before")
    @classmethod
    def _from_home(cls, value: Any, info: ValidationInfo) -> Any:
        """A path that begins with ``~``, which only a shell would read as the user's folder."""
        if not (isinstance(value, str) and value.startswith("~")):
            return value
        try:
            return Path(value).expanduser() if Path in _kinds_of(cls, info.field_name) else value
        except RuntimeError as error:
            raise ValueError(f"{value}: {error}") from None

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """YAML's ``yes`` and ``true`` would count as 1."""
        given = value if isinstance(value, list | tuple) else (value,)
        if any(isinstance(v, bool) for v in given):
            kinds = _kinds_of(cls, info.field_name)
            if kinds & {int, float} and bool not in kinds:
                raise ValueError(f"write a number (got {value!r})")
        return value


@cache
def _kinds_of(section: type[Section], name: str | None) -> frozenset[Any]:
    return frozenset(_kinds(section.model_fields[str(name)].annotation))


def _kinds(annotation: Any) -> Iterator[Any]:
    """A type and all that stand within it: of ``tuple[int, ...] | None`` int among others."""
    yield annotation
    for inner in get_args(annotation):
        yield from _kinds(inner)


def unknown_name(name: str, known: list[str], what: str) -> str:
    """Say that ``name`` is not a known ``what``, and which known one was probably meant."""
    near = get_close_matches(name, known, n=1)
    hints = [f"did you mean '{near[0]}'?"] if near else []
    if what != "key" or not near:  # a section may have twenty
        hints.append(f"known: {', '.join(sorted(known))}")
    return f"unknown {what} '{name}'; {' '.join(hints)}"


def describe(error: ValidationError, prefix: str = "") -> list[str]:
    """One line a finding: the key's path and what is wrong with its value."""
    findings = error.errors(include_url=False)
    lines = []
    for finding in findings:
        place = finding["loc"]
        if finding["type"] == "too_short" and any(
            other is not finding and other["loc"][: len(place)] == place for other in findings
        ):
            continue  # its items were refused one by one
        where = ".".join([prefix, *map(str, place)]).strip(".") or "(top level)"
        lines.append(f"{where}: {_words(finding)}")
    return lines


# What pydantic calls a kind, as somebody would write it in YAML.
WANTED = {
    "tuple_type": "write a list, such as [{0}]",
    "list_type": "write a list, such as [{0}]",
    "dict_type": "write a section of keys and values, such as {{key: value}}",
    "model_type": "write a section of keys and values, such as {{key: value}}",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number",
    "float_type": "write a number",
    "finite_number": "write a finite number",
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "string_type": "write a text",
    "missing": "is missing",
}


def _words(finding: Mapping[str, Any]) -> str:
    """What is wrong with a value, and what to write."""
    given = finding["input"]
    if finding["type"] == "value_error":
        return str(finding["msg"]).removeprefix("Value error, ")
    wanted = WANTED.get(finding["type"])
    message = finding["msg"] if wanted is None else wanted.format(given)
    return message if isinstance(given, dict) else f"{message} (got {given!r})"


def set_path(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set ``a.b.c`` of nested mappings, making those that are absent."""
    *parents, last = path.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ValueError(f"'{path}' goes through '{parent}', which has no keys")
    tree[last] = value


def dotted(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as ``a.b.c`` -> value."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= dotted(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
