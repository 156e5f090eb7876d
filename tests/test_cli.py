"""The command line checks configurations, and the schema in the tree is the package's own."""

import os
import re
import subprocess
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from ariigcn import __version__, cli
from ariigcn.cli import app
from ariigcn.config.reference import config_page, schema_text
from ariigcn.corpora.registry import CORPORA
from ariigcn.predict import zoo


def test_the_schema_in_the_tree_is_in_step(root):
    stored = (root / "workflow" / "schemas" / "config.schema.json").read_text()
    assert stored == schema_text(), "run: ariigcn schema > workflow/schemas/config.schema.json"


def test_the_page_of_the_configuration_is_in_step(root):
    stored = (root / "docs" / "config.md").read_text()
    assert stored == config_page(), "run: ariigcn schema --markdown > docs/config.md"
    assert "| `margin` | number, > 0, <= 2 | `0.5` |" in stored
    assert "| `hidden` | whole number, >= 8, multiple of 2 | `128` |" in stored


def test_check_says_what_a_configuration_stands_for_or_names_what_is_wrong(
    root, tmp_path, monkeypatch
):
    monkeypatch.chdir(root)
    good = CliRunner().invoke(app, ["check", "--config", "seeds=[3,4]"])
    assert good.exit_code == 0
    for line in (
        "corpus       demo, from data/demo/raw",
        "features     text minilm; audio opensmile; video efficientnet-lite0",
        "experiments  4: ar-iigcn, text, audio, video",
        "seeds        3, 4",
        "runs         8 training run(s)",
        "results      results/demo",
    ):
        assert line in good.output.splitlines()
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("trainign: {}\n")
    bad = CliRunner().invoke(app, ["check", str(overlay)])
    assert bad.exit_code == 1
    assert "did you mean 'training'?" in bad.output


COMMANDS = (
    (), ("init",), ("run",), ("schema",), ("check",), ("compare",), ("predict",), ("transcribe",),
    ("models",), ("export",), ("doctor",), ("app",),
    ("corpus",), ("corpus", "check"), ("corpus", "init"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command):
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert " ".join(("Example: ariigcn", *command)) in shown.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_holds_nothing_that_its_printer_takes_for_markup(command):
    found = typer.main.get_command(app)
    for name in command:
        found = found.commands[name]
    for text in (found.help, found.epilog, *(getattr(p, "help", "") for p in found.params)):
        assert not re.search(r"\[[a-z#/@]", text or ""), text


def test_the_commands_are_all_of_these():
    names = {(c.name or c.callback.__name__,) for c in app.registered_commands}
    names |= {("corpus", c.name) for c in cli.corpus_app.registered_commands}
    assert names | {(), ("corpus",)} == set(COMMANDS)


def test_help_and_version_load_nothing_that_takes_long():
    code = (
        "import sys, time, ariigcn.cli; print(time.process_time());"
        "print([m for m in ('torch', 'pandas', 'numpy', 'pydantic', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, loaded = done.stdout.splitlines()
    assert loaded == "[]"
    assert float(seconds) < 1  # of a core
    assert CliRunner().invoke(app, ["--version"]).output == f"ariigcn {__version__}\n"


def test_the_corpora_of_the_help_are_those_there_are():
    assert ", ".join(CORPORA) == cli.CORPORA


def test_the_shell_completes_commands_and_models(tmp_path, monkeypatch):
    def completed(words):
        asked = {"_ARIIGCN_COMPLETE": "complete_bash", "COMP_WORDS": words}
        asked["COMP_CWORD"] = str(len(words.split(" ")) - 1)
        code = "from ariigcn.cli import app; app(prog_name='ariigcn')"
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **asked}, cwd=tmp_path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.split()

    assert completed("ariigcn pre") == ["predict"]
    known = zoo.Known("meld-text", tmp_path, "meld", ("text",), ("joy",), False)
    monkeypatch.setattr(zoo, "shipped", lambda: [known])
    assert cli._model_names("me") == ["meld-text"]
    assert cli._model_names("x") == []
