"""Errors that a person can act on: what is wrong, where, and what to do."""


class AriigcnError(Exception):
    """Base of every error this package raises on purpose."""


class ConfigError(AriigcnError):
    """The configuration names something impossible; raised before any job starts."""


class DataError(AriigcnError):
    """A corpus, a table or a store is not what it claims to be."""


def problem_list(title: str, problems: list[str], limit: int = 20) -> str:
    """Join several findings into one message, so that a user mends all of them at once."""
    shown = problems[:limit]
    if len(problems) > limit:
        shown.append(f"... and {len(problems) - limit} more")
    return "\n  - ".join([f"{title}:", *shown])
