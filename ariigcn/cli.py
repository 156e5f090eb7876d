"""``ariigcn ...`` for people; the workflow's stages do not go through it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import yaml

from ariigcn.config.files import check_files, merged
from ariigcn.config.reference import config_page, schema_text
from ariigcn.core.errors import AriigcnError
from ariigcn.corpora.registry import CORPORA
from ariigcn.plan.load import load_plan
from ariigcn.plan.summary import summary

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
corpus_app = typer.Typer(no_args_is_help=True, help="Look at a corpus, or start one.")
app.add_typer(corpus_app, name="corpus")


@contextmanager
def _in_words() -> Iterator[None]:
    """An error of ours is one message and exit code 1."""
    try:
        yield
    except AriigcnError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


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
    with _in_words():
        check_files(files or [])
        plan = load_plan(merged(files or [], config or []))
    typer.echo("\n".join(summary(plan)))


@app.command()
def predict(
    recordings: Annotated[
        list[Path] | None, typer.Argument(help="Recordings or transcripts, or folders of them.")
    ] = None,
    *,
    model: Annotated[
        str | None,
        typer.Option(
            help="Which model: see `ariigcn models`. By default meld-text; with --follow "
            "meld-text-online."
        ),
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option(help="Who said what, when; by default the file of the same name beside it."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help=".csv, .tsv, .parquet, .json, .srt or .html."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Say what each prediction depends on; its cost grows with the square of a length.",
        ),
    ] = False,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help='Read lines {"speaker": ..., "text": ...} from standard input and answer each at once.',
        ),
    ] = False,
    cores: Annotated[int, typer.Option(min=1, help="Processes that encode.")] = 2,
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps what encoders made, for the next time.")
    ] = None,
) -> None:
    """Predict the emotions of conversations: ariigcn predict talk.mp4 -o talk.html."""
    if follow:
        if recordings or transcript or out or explain:
            raise typer.BadParameter("--follow reads standard input: no file, no --explain")
        return _follow(model)
    if not recordings:
        raise typer.BadParameter("name recordings or transcripts, or --follow")
    from ariigcn.core.logs import configure_logging
    from ariigcn.predict.command import show
    from ariigcn.predict.encode import Work
    from ariigcn.predict.sources import find_sources
    from ariigcn.predict.writers import check_output, write
    from ariigcn.predict.zoo import DEFAULT, load

    configure_logging()
    with _in_words():
        if out is not None:
            check_output(out, explained=explain)
        sources = find_sources(recordings, transcript)
        work = Work(workers=cores, cache=cache)
        found = load(model or DEFAULT).predict_all(sources, work, explain=explain)
        if out is not None:
            check_output(out, len(found))
            write(found, out)
        show(found, out)


def _follow(model: str | None) -> None:
    from ariigcn.predict.follow import follow
    from ariigcn.predict.online import OnlineModel
    from ariigcn.predict.zoo import DEFAULT_ONLINE, load

    with _in_words():
        online = OnlineModel(load(model or DEFAULT_ONLINE))
        if follow(online, sys.stdin.buffer, sys.stdout, sys.stderr):
            raise typer.Exit(1)


@app.command()
def models(
    results: Annotated[Path, typer.Option(help="Folder of what was trained here.")] = Path(
        "results"
    ),
) -> None:
    """List the models that ship and those that were trained in the results folder."""
    from ariigcn.predict.command import show_models

    with _in_words():
        show_models(results)


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

    with _in_words():
        written = write_template(folder)
    typer.echo("\n".join(map(str, written)))
