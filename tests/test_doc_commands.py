"""Every command that the documentation shows can be given: its program, options, files and keys exist."""

import importlib.util
import re
import shlex

import pytest
import typer.main
import yaml
from snakemake.cli import parse_args

from ariigcn.cli import app
from ariigcn.config.sections import Config
from ariigcn.core.code import PACKAGE_ROOT
from ariigcn.corpora.registry import CORPORA

ROOT = PACKAGE_ROOT.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = ("snakemake", "ariigcn", "make", "python")
MADE_BY_READER = {"part.yaml", "mine.yaml"}  # files that a page shows and the reader writes


def command_lines(text):
    """The lines of a page's code blocks that call one of the programs, continued lines joined."""
    fenced = re.findall(r"```(?:bash|sh|console)?\n(.*?)```", text, re.DOTALL)
    bare = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    indented = "\n".join(re.findall(r"^ {4,}(.*)$", bare, re.MULTILINE))
    for line in "\n".join([*fenced, indented]).replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:  # not a line of the shell
            continue
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):  # PYTHONPATH=. snakemake ...
            words = words[1:]
        if words and words[0] in PROGRAMS and "|" not in words:
            yield words


COMMANDS = [(page, words) for page in PAGES for words in command_lines(page.read_text("utf-8"))]


def test_there_are_commands():
    assert {words[0] for _, words in COMMANDS} == set(PROGRAMS)
    assert len(COMMANDS) > 100


def rules():
    text = "".join(p.read_text("utf-8") for p in (ROOT / "workflow" / "rules").glob("*.smk"))
    text += (ROOT / "workflow" / "Snakefile").read_text("utf-8")
    return set(re.findall(r"^\s*rule (\w+):", text, re.MULTILINE))


RULES, TARGETS = rules(), re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


def check_snakemake(words, capsys):
    if any(word.startswith("--storage-") for word in words):
        pytest.skip("options of a storage plugin, which is not installed")
    # The profile itself needs the extra slurm; tests/slurm runs it.
    assert (ROOT / "profiles" / "slurm" / "profile.yaml").is_file()
    words = [word.replace("profiles/slurm", "profiles/default") for word in words]
    try:
        _, given = parse_args(words)
    except SystemExit:
        pytest.fail(f"snakemake: {capsys.readouterr().err.splitlines()[-1]}")
    for target in map(str, [*given.targets, *(given.forcerun or ())]):
        assert "/" in target or target in RULES, f"no rule {target}"
    check_files(given.configfile or ())
    check_keys(given.config or ())


def check_files(files):
    for file in map(str, files):
        assert file.startswith("results/") or file in MADE_BY_READER or (ROOT / file).is_file(), (
            file
        )


def check_keys(pairs):
    """--config's keys, and those of a section given as YAML, are the configuration's."""
    for pair in pairs:
        key, _, value = str(pair).partition("=")
        assert key in Config.model_fields, f"no key {key}"
        section, given = Config.model_fields[key].annotation, yaml.safe_load(value)
        if isinstance(given, dict) and hasattr(section, "model_fields"):
            assert set(given) <= set(section.model_fields), f"{key} has no key {set(given)}"


def check_ariigcn(words, capsys):
    command, names = typer.main.get_command(app), ["ariigcn"]
    while hasattr(command, "commands") and words and words[0] in command.commands:
        names, command, words = [*names, words[0]], command.commands[words[0]], words[1:]
    assert not hasattr(command, "commands") or words[:1] in (
        [],
        ["--version"],
        ["--install-completion"],
    ), f"no command {' '.join([*names, *words])}"
    if names[-1] == "run":  # all but its own option is Snakemake's
        if "--corpus" in words:
            place = words.index("--corpus")
            assert words[place + 1] in CORPORA
            words = [*words[:place], *words[place + 2 :]]
        return check_snakemake(words, capsys)
    known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)} | {"--help"}
    for word in words:
        if word.startswith("-"):
            assert word.partition("=")[0] in known, f"{' '.join(names)} has no option {word}"


def check_python(words):
    if words[:1] == ["-m"] and words[1].partition(".")[0] in ("ariigcn", "benchmarks"):
        assert importlib.util.find_spec(words[1]), words[1]


@pytest.mark.parametrize(
    ("page", "words"), COMMANDS, ids=[f"{p.stem}-{' '.join(w)[:60]}" for p, w in COMMANDS]
)
def test_a_command_can_be_given(page, words, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    program, *rest = words
    if program == "snakemake":
        check_snakemake(rest, capsys)
    elif program == "ariigcn":
        check_ariigcn(rest, capsys)
    elif program == "make":
        assert {w for w in rest if "=" not in w} <= set(TARGETS), f"no target {rest}"
    else:
        check_python(rest)


@pytest.mark.parametrize(
    "line",
    [
        "ariigcn predict talk.srt --nope", "ariigcn forecast talk.srt", "make tset", "snakemake --corse 8",
        "ariigcn run --cores 8 modles", "ariigcn run --corpus demos --cores 8", "ariigcn run --corse 8",
        "snakemake --cores 8 modles", "snakemake --cores 8 all --config 'training={epoch: 3}'",
        "snakemake --cores 8 all --config coprus=meld", "python -m benchmarks.nothing",
        "snakemake --cores 8 all --configfile workflow/presets/nothing.yaml",
    ],
)  # fmt: skip
def test_a_wrong_command_is_found(line, capsys, monkeypatch):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test_a_command_can_be_given(None, shlex.split(line), capsys, monkeypatch)


def test_commands_within_a_line_exist():
    for page in PAGES:
        for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page.read_text("utf-8")):
            program, *rest = span.split()[:2] or [""]
            if program == "make" and rest and rest[0].islower():
                assert rest[0] in TARGETS, f"{page.name}: {span}"
            if program == "ariigcn" and rest and re.fullmatch("[a-z]+", rest[0]):
                assert rest[0] in typer.main.get_command(app).commands, f"{page.name}: {span}"


def messages():
    """The literal parts of every message of troubleshooting.md that is ours."""
    page = (
        (ROOT / "docs" / "troubleshooting.md")
        .read_text("utf-8")
        .partition("## Messages of other")[0]
    )
    return re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)


def test_every_message_of_troubleshooting_is_one_of_ours():
    sources = "".join(p.read_text("utf-8") for p in sorted(PACKAGE_ROOT.rglob("*.py")))
    joined = re.sub(r'"\s*\n?\s*f?"', "", sources)  # neighbouring literals are one
    assert len(messages()) > 25
    for message in messages():
        for part in filter(None, (p.strip(" .;,:()") for p in message.split("..."))):
            assert part in joined, f"{message}: {part!r} is in no message"
