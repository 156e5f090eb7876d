"""``ariigcn ...`` for people; the workflow's stages do not go through it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from ariigcn import __version__
from ariigcn.core.errors import AriigcnError

# Of the package only what loads in a moment: every command imports its own, so that --help and the
# shell's completion wait for none of them.
app = typer.Typer(
    no_args_is_help=True,
    help="Emotions in conversation: run the workflow, use trained models, check corpora.",
    epilog="Example: ariigcn predict talk.srt",
)
corpus_app = typer.Typer(
    no_args_is_help=True,
    help="Check a corpus, or start one.",
    epilog="Example: ariigcn corpus init my-corpus",
)
app.add_typer(corpus_app, name="corpus")

CORPORA = "dailydialog, demo, emorynlp, folder, iemocap, meld, mosi, published"
Speakers = Annotated[
    int | None,
    typer.Option(min=1, max=200, help="How many people speak. By default the number is estimated."),
]
Language = Annotated[
    str | None,
    typer.Option(help="Spoken language, such as en. By default it is detected if possible."),
]
RecogniserName = Annotated[
    str,
    typer.Option(
        "--recogniser",
        help="tiny.en, which the package contains; a folder of a CTranslate2 Whisper model; "
        "or a name that is "
        "fetched, as small.",
    ),
]
Plugins = Annotated[
    bool,
    typer.Option(
        "--plugins",
        help="Import the modules that the model names (module:...). They are code: only for models that "
        "you trained or trust.",
    ),
]
Results = Annotated[Path, typer.Option("--results", help="Folder of the models trained here.")]


class Passing(TyperCommand):
    """A command that passes its arguments on, a ``--`` among them, which click would take out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what stands before ``--``; the rest is passed on as it is."""
        end = args.index("--") if "--" in args else len(args)
        ctx.args = whole = [*super().parse_args(ctx, args[:end]), *args[end:]]
        return whole


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"ariigcn {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """The options of the program itself."""


def _model_names(incomplete: str) -> list[str]:
    """What the shell completes a model's name to."""
    from ariigcn.predict.zoo import shipped, trained

    names = [model.name for model in (*shipped(), *trained(Path("results")).models)]
    return [name for name in names if name.startswith(incomplete)]


@contextmanager
def _in_words() -> Iterator[None]:
    """An error of ours is one message and exit code 1."""
    try:
        yield
    except AriigcnError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command(epilog="Example: ariigcn init my-project")
def init(folder: Annotated[Path, typer.Argument(help="Folder to start the project in.")]) -> None:
    """Start a project of your own: config.yaml, presets and profiles, which `ariigcn run` uses."""
    from ariigcn.project import lay_out

    with _in_words():
        written = lay_out(folder)
    typer.echo("\n".join(map(str, written)))
    typer.echo(f"Next: cd {folder}; ariigcn run --cores 4")


@app.command(
    cls=Passing,
    epilog="Example: ariigcn run --corpus demo --cores 4",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    options_metavar="[OPTIONS] [SNAKEMAKE'S ARGUMENTS]",
)
def run(
    context: typer.Context,
    corpus: Annotated[
        str | None, typer.Option(help=f"In place of the configuration's: {CORPORA}, or a plugin's.")
    ] = None,
) -> None:
    """Run the workflow in this folder, by its config.yaml; results lie here.

    Everything else goes to Snakemake: targets, --cores, -n, --configfile, --config.
    A folder without config.yaml needs --corpus; the package's own configuration is used.
    """
    from ariigcn.project import snakemake_command

    with _in_words():
        command = snakemake_command(context.args, corpus)
    sys.stdout.flush()
    os.execv(command[0], command)


@app.command(epilog="Example: ariigcn schema > workflow/schemas/config.schema.json")
def schema(
    markdown: Annotated[bool, typer.Option(help="The page docs/config.md instead.")] = False,
) -> None:
    """Print the configuration's JSON schema; editors complete and check config.yaml by it."""
    from ariigcn.config.reference import config_page, schema_text

    typer.echo(config_page() if markdown else schema_text(), nl=False)


@app.command(epilog="Example: ariigcn check workflow/presets/meld.yaml --config seeds=[0,1]")
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Overlays, as after Snakemake's --configfile.")
    ] = None,
    config: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE, as after Snakemake's; repeatable.")
    ] = None,
) -> None:
    """Check a configuration, merged as Snakemake would, and print a summary of the run."""
    from ariigcn.config.files import assigned, check_files, merged, with_places
    from ariigcn.core.errors import ConfigError
    from ariigcn.plan.load import load_plan
    from ariigcn.plan.summary import summary

    with _in_words():
        check_files(files or [])
        values = merged(files or [], assigned(config or []))
        try:
            plan = load_plan(values)
        except ConfigError as error:
            raise with_places(error, files or [], assigned(config or [])) from None
    typer.echo("\n".join(summary(plan)))


@app.command(epilog="Example: ariigcn compare results/demo /tmp/before/demo -o compare.html")
def compare(
    a: Annotated[Path, typer.Argument(help="Results of a corpus, such as results/demo.")],
    b: Annotated[Path, typer.Argument(help="Other results of the same corpus.")],
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A page to write, .html, beside what is printed."),
    ] = None,
    pair: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME_IN_A=NAME_IN_B; repeatable. By default experiments of the same name."
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(help="The corpus's utterances.parquet, whose words the page then shows."),
    ] = None,
) -> None:
    """Compare two results: settings, differences with intervals and tests, utterances."""
    from ariigcn.core.console import plain_console
    from ariigcn.report.compare.differences import compare as compare_results
    from ariigcn.report.compare.differences import words_of
    from ariigcn.report.compare.page import write_page
    from ariigcn.report.compare.results import read_results
    from ariigcn.report.compare.terminal import show

    pairs = dict(given.partition("=")[::2] for given in pair or [])
    if not all(pairs) or not all(pairs.values()):
        raise typer.BadParameter("write --pair as NAME_IN_A=NAME_IN_B")
    if table is not None and out is None:
        raise typer.BadParameter("--table gives the page its words: name the page with -o")
    with _in_words():
        words = words_of(table) if table else None
        found = compare_results(read_results(a), read_results(b), pairs)
        show(found, plain_console())
        if out is not None:
            write_page(found, out, words)
            typer.echo(str(out))


@app.command(epilog="Example: ariigcn predict talk.mp4 --transcript talk.srt -o talk.html")
def predict(
    recordings: Annotated[
        list[Path] | None, typer.Argument(help="Recordings or transcripts, or folders of them.")
    ] = None,
    *,
    model: Annotated[
        str | None,
        typer.Option(
            autocompletion=_model_names,
            help="Which model: see `ariigcn models`. By default meld-text; with --follow "
            "meld-text-online.",
        ),
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option(
            help="Transcript (who said what, when). By default the file of the same "
            "name beside the recording."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help=".csv, .tsv, .parquet, .json, .srt or .html."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Say what each prediction depends on. The cost grows with the square of the "
            "length.",
        ),
    ] = False,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help='Read lines {"speaker": ..., "text": ...} from standard input and answer each at once.',
        ),
    ] = False,
    speakers: Speakers = None,
    language: Language = None,
    recogniser: RecogniserName = "tiny.en",
    cores: Annotated[int, typer.Option(min=1, help="Number of processes that encode.")] = 2,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for cached features; the next call reuses them.")
    ] = None,
    plugins: Plugins = False,
) -> None:
    """Predict the emotions of conversations, of files or while people talk.

    A recording without a transcript gets one from a machine, where the extra speech is installed.
    """
    if follow:
        if recordings or transcript or out or explain:
            raise typer.BadParameter("--follow reads standard input: no file, no --explain")
        return _follow(model, plugins)
    if not recordings:
        raise typer.BadParameter("name at least one recording or transcript, or give --follow")
    from ariigcn.core.logs import configure_logging
    from ariigcn.predict.command import show
    from ariigcn.predict.encode import Work
    from ariigcn.predict.sources import files_of, find_sources
    from ariigcn.predict.writers import check_output, write
    from ariigcn.predict.zoo import DEFAULT, load
    from ariigcn.speech.settings import SpeechSettings

    configure_logging()
    with _in_words():
        sources = find_sources(recordings, transcript)
        if out is not None:
            check_output(out, len(sources), explained=explain, inputs=files_of(sources))
        work = Work(workers=cores, cache=cache)
        speech = SpeechSettings(recogniser=recogniser, language=language, speakers=speakers)
        used = load(model or DEFAULT, plugins=plugins)
        found = used.predict_all(sources, work, explain=explain, speech=speech)
        if out is not None:
            write(found, out)
        show(found, out)


@app.command(epilog="Example: ariigcn transcribe talk.mp4 -o talk.json")
def transcribe(
    recording: Annotated[Path, typer.Argument(help="A file with sound.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="A .json file, which you can correct.")],
    transcript: Annotated[
        Path | None,
        typer.Option(
            help="Turns without words, or words without speakers: what is missing is added."
        ),
    ] = None,
    speakers: Speakers = None,
    language: Language = None,
    recogniser: RecogniserName = "tiny.en",
    cores: Annotated[int, typer.Option(min=1, help="Number of cores to use.")] = 2,
) -> None:
    """Write a recording's transcript, for `ariigcn predict --transcript`."""
    from ariigcn.core.logs import configure_logging
    from ariigcn.predict.listen import hear, write_heard
    from ariigcn.speech.settings import SpeechSettings
    from ariigcn.speech.transcribe import Listener

    configure_logging()
    with _in_words():
        settings = SpeechSettings(recogniser=recogniser, language=language, speakers=speakers)
        inputs = [recording] if transcript is None else [recording, transcript]
        found = write_heard(
            out, lambda: hear(Listener(settings, cores), recording, transcript), inputs
        )
    for note in found.notes:
        typer.echo(note, err=True)
    people = len({turn.speaker for turn in found.turns})
    typer.echo(f"{len(found.turns):,} turn(s) of {people} speaker(s): {out}")


def _follow(model: str | None, plugins: bool) -> None:
    from ariigcn.predict.follow import follow
    from ariigcn.predict.online import OnlineModel
    from ariigcn.predict.zoo import DEFAULT_ONLINE, load

    with _in_words():
        online = OnlineModel(load(model or DEFAULT_ONLINE, plugins=plugins))
        if follow(online, sys.stdin.buffer, sys.stdout.buffer, sys.stderr):
            raise typer.Exit(1)


@app.command("app", epilog="Example: ariigcn app --port 7860")
def app_(
    *,
    model: Annotated[
        str | None,
        typer.Option(autocompletion=_model_names, help="The model chosen at first."),
    ] = None,
    host: Annotated[
        str,
        typer.Option(help="Address to listen on. By default only this machine can open the page."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    max_size: Annotated[
        float, typer.Option(min=1, metavar="MB", help="Largest size of an uploaded file.")
    ] = 200,
    max_minutes: Annotated[
        float, typer.Option(min=0.1, metavar="N", help="Longest recording, in minutes.")
    ] = 30,
    results: Results = Path("results"),
    plugins: Plugins = False,
) -> None:
    """Serve a page that shows the emotions of the recordings you drop on it; needs the extra app."""
    from ariigcn.app import Limits, build
    from ariigcn.core.logs import configure_logging

    configure_logging()
    if host not in ("127.0.0.1", "localhost", "::1"):
        typer.echo(
            f"warning: everybody who can reach {host} can use this page; there is no password",
            err=True,
        )
    with _in_words():
        limits = Limits(megabytes=max_size, minutes=max_minutes)
        page = build(model, results, limits, plugins=plugins)
        page.launch(host, port)


@app.command(epilog="Example: ariigcn models --results results")
def models(results: Results = Path("results")) -> None:
    """List the models in the package and those in the results folder."""
    from ariigcn.predict.command import show_models

    with _in_words():
        show_models(results)


@app.command(epilog="Example: ariigcn export --onnx meld-text.onnx --model meld-text")
def export(
    onnx: Annotated[Path, typer.Option(help="The file to write.")],
    model: Annotated[
        str | None,
        typer.Option(
            autocompletion=_model_names,
            help="Which model: see `ariigcn models`. By default meld-text.",
        ),
    ] = None,
    plugins: Plugins = False,
) -> None:
    """Write a model's network as ONNX, from features to probabilities, without its encoders."""
    from ariigcn.predict.export import export_onnx
    from ariigcn.predict.zoo import DEFAULT, load

    with _in_words():
        export_onnx(load(model or DEFAULT, plugins=plugins), onnx)
    typer.echo(str(onnx))


@app.command(epilog="Example: ariigcn doctor")
def doctor(
    results: Results = Path("results"),
    data: Annotated[Path, typer.Option(help="The configuration's data_dir.")] = Path("data"),
) -> None:
    """Check what the package needs; fails if the default run lacks something."""
    from ariigcn.predict.command import show_findings
    from ariigcn.predict.doctor import examine

    with _in_words():
        if not show_findings(examine(data, results)):
            raise typer.Exit(1)


@corpus_app.command("check", epilog="Example: ariigcn corpus check meld --root /data/MELD.Raw")
def corpus_check(
    name: Annotated[str, typer.Argument(help=f"One of {CORPORA}, or a plugin's.")],
    root: Annotated[Path, typer.Option(help="Folder of the corpus.")],
    options: Annotated[
        list[str] | None,
        typer.Option("--set", help="An option of the corpus, such as labels=4-way; repeatable."),
    ] = None,
) -> None:
    """Print what a corpus holds and its defects; fails if it has any, or too few labels to train on."""
    import yaml

    from ariigcn.core.console import plain_console
    from ariigcn.corpora.checks.check import inspect
    from ariigcn.corpora.checks.page import render
    from ariigcn.corpora.registry import has_table

    if name == "folder" and root.is_dir() and not has_table(root):
        from ariigcn.predict.command import show_recordings

        with _in_words():
            raise typer.Exit(0 if show_recordings(root) else 1)
    pairs = [option.partition("=") for option in options or []]
    try:
        found = inspect(name, root, options={key: yaml.safe_load(value) for key, _, value in pairs})
    except (AriigcnError, ValueError, yaml.YAMLError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    render(found, plain_console())
    raise typer.Exit(0 if found.sound else 1)


@corpus_app.command("init", epilog="Example: ariigcn corpus init my-corpus")
def corpus_init(
    folder: Annotated[Path, typer.Argument(help="Folder to start the corpus in.")],
) -> None:
    """Write a table with comments for your own corpus, and a README beside it."""
    from ariigcn.corpora.template import write_template

    with _in_words():
        written = write_template(folder)
    typer.echo("\n".join(map(str, written)))
