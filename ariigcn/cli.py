"""``ariigcn ...`` for people; the workflow's stages do not go through it."""

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml

from ariigcn.config import Config, load_config, merge
from ariigcn.core.errors import ConfigError

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


def schema_text() -> str:
    """The configuration's JSON schema, as it stands in workflow/schemas."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"


@app.command()
def schema() -> None:
    """Print the configuration's JSON schema; editors complete and check config.yaml by it."""
    typer.echo(schema_text(), nl=False)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="config.yaml, then overlays in order.")],
) -> None:
    """Check a configuration and its overlays without starting anything."""
    values: dict[str, object] = {}
    for path in files:
        values = merge(values, yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    try:
        config = load_config(values)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    runs = len(config.experiments) * len(config.seeds)
    typer.echo(f"{config.corpus}: {len(config.experiments)} experiment(s), {runs} training run(s)")
