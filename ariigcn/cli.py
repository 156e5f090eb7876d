"""``ariigcn ...`` for people; the workflow's stages do not go through it."""

from pathlib import Path
from typing import Annotated

import typer
import yaml

from ariigcn.config.files import check_files, merged
from ariigcn.config.reference import config_page, schema_text
from ariigcn.core.errors import AriigcnError, ConfigError
from ariigcn.corpora.registry import CORPORA
from ariigcn.plan.load import load_plan
from ariigcn.plan.summary import summary

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
corpus_app = typer.Typer(no_args_is_help=True, help="Look at a corpus, or start one.")
app.add_typer(corpus_app, name="corpus")


@app.command()
def schema(
    markdown: Annotated[bool, typer.Option(help="The page docs/config.md instead.")] = False,
) -> None:
    """Print the configuration's JSON schema; editors complete and check config.yaml by it."""
    typer.echo(config_page() if markdown else schema_text(), nl=False)


@app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Overlays, as after Snakemake's --configfile.")
    ] = None,
    config: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE, as after Snakemake's; repeatable.")
    ] = None,
) -> None:
    """Check a configuration as Snakemake would merge it, and say what it stands for."""
    try:
        check_files(files or [])
        plan = load_plan(merged(files or [], config or []))
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo("\n".join(summary(plan)))


@corpus_app.command("check")
def corpus_check(
    name: Annotated[str, typer.Argument(help=", ".join(CORPORA) + ".")],
    root: Annotated[Path, typer.Option(help="Folder that holds the corpus.")],
    options: Annotated[
        list[str] | None,
        typer.Option("--set", help="An option of the corpus, such as labels=4-way; repeatable."),
    ] = None,
) -> None:
    """Print what a corpus holds and what is wrong with it; fails where it is not what it should be."""
    from rich.console import Console

    from ariigcn.corpora.checks.check import inspect
    from ariigcn.corpora.checks.page import render

    pairs = [option.partition("=") for option in options or []]
    try:
        found = inspect(name, root, options={key: yaml.safe_load(value) for key, _, value in pairs})
    except (AriigcnError, ValueError, yaml.YAMLError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    render(found, Console())
    raise typer.Exit(0 if found.sound else 1)


@corpus_app.command("init")
def corpus_init(
    folder: Annotated[Path, typer.Argument(help="Folder to start the corpus in.")],
) -> None:
    """Write a commented table for a corpus of your own, and a README beside it."""
    from ariigcn.corpora.template import write_template

    try:
        written = write_template(folder)
    except AriigcnError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo("\n".join(map(str, written)))
