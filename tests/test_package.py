"""The package works without its repository: the workflow is in the wheel, projects lie anywhere."""

import filecmp
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.core.errors import AriigcnError, ConfigError
from ariigcn.project import WORKFLOW, lay_out, snakemake_command
from ariigcn.report import provenance

SHIPPED = ("Snakefile", "config.yaml", "envs", "profiles", "workflow")
BUILT_FROM = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "ariigcn",
    "snakemake_logger_plugin_ariigcn",
)
LAID_OUT = {"config.yaml", "profiles/default/profile.yaml", "profiles/slurm/profile.yaml"}


def files(root, names):
    """The files below some names, by their path from the root."""
    paths = (p for name in names for p in (root / name, *(root / name).rglob("*")))
    return {
        str(p.relative_to(root)): p for p in paths if p.is_file() and "__pycache__" not in p.parts
    }


def build(folder, hook):
    code = f"import setuptools.build_meta as b; print(b.{hook}('dist'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "dist" / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """Made as a release is: of the source distribution, which has no repository around it."""
    source, unpacked = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("unpacked")
    for name in (*BUILT_FROM, *SHIPPED):
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy
        copy(root / name, source / name, **({"symlinks": True} if copy is shutil.copytree else {}))
    with tarfile.open(build(source, "build_sdist")) as archive:
        archive.extractall(unpacked)
    return build(next(unpacked.iterdir()), "build_wheel")


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Call the installed ``ariigcn`` in a folder; its output, and its exit code."""
    target = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel,
         "--target", target],
        check=True,
    )  # fmt: skip

    def call(folder, *arguments):
        done = subprocess.run(
            [target / "bin" / "ariigcn", *arguments],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(target)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return target, call


def test_the_packages_workflow_is_the_repositorys_own(root):
    assert sorted(p.name for p in WORKFLOW.iterdir()) == sorted(SHIPPED)
    for name in SHIPPED:
        assert (WORKFLOW / name).is_symlink()
        assert (WORKFLOW / name).resolve() == root / name


def test_the_wheel_holds_the_whole_workflow_to_the_byte(root, wheel):
    expected = files(root, SHIPPED)
    with zipfile.ZipFile(wheel) as archive:
        prefix = "ariigcn/_workflow/"
        held = {n.removeprefix(prefix) for n in archive.namelist() if n.startswith(prefix)}
        assert held == set(expected)
        for name, path in expected.items():
            assert archive.read(prefix + name) == path.read_bytes(), name
        assert "snakemake_logger_plugin_ariigcn/__init__.py" in archive.namelist()
        assert not any(name.startswith(("tests/", "workflow/")) for name in archive.namelist())


def test_a_project_has_configuration_presets_and_profiles(root, tmp_path):
    made = {str(p.relative_to(tmp_path / "mine")) for p in lay_out(tmp_path / "mine")}
    presets = files(root, ["workflow/presets", "workflow/schemas"])
    assert made == LAID_OUT | set(presets) == set(files(tmp_path / "mine", ["."]))
    assert all(filecmp.cmp(root / name, tmp_path / "mine" / name, shallow=False) for name in made)


def test_a_project_overwrites_nothing(tmp_path):
    preset = tmp_path / "workflow" / "presets" / "meld.yaml"
    preset.parent.mkdir(parents=True)
    preset.write_text("mine")
    with pytest.raises(AriigcnError, match=r"meld\.yaml: exists already; name another folder"):
        lay_out(tmp_path)
    assert list(files(tmp_path, ["."]).values()) == [preset]
    assert preset.read_text() == "mine"


def test_a_project_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "taken").write_text("a file")
    refused = CliRunner().invoke(app, ["init", str(tmp_path / "taken")])
    assert refused.exit_code == 1
    assert "taken: cannot be written" in refused.output


def after(command, option):
    """What the last of an option's mentions says: Snakemake reads that one alone."""
    rest = command[len(command) - command[::-1].index(option) :]
    return rest[: next((i for i, word in enumerate(rest) if word.startswith("--")), len(rest))]


def test_run_hands_its_arguments_to_snakemake(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(root / "config.yaml", tmp_path)
    given = ["all", "--cores", "2", "--config", "seeds=[0]", "--configfile", "mine.yaml", "-n"]
    command = snakemake_command(given)
    assert command[:3] == [sys.executable, "-m", "snakemake"]
    assert command[3:11] == given
    assert command[11:] == ["--snakefile", str(root / "Snakefile")]


def test_run_passes_on_that_options_end(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(root / "config.yaml", tmp_path)
    ran = []
    monkeypatch.setattr("os.execv", lambda _, command: ran.append(command))
    given = ["--corpus", "demo", "-n", "--configfile", "mine.yaml", "--", "all", "models"]
    CliRunner().invoke(app, ["run", *given])
    (command,) = ran
    assert command[-3:] == ["--", "all", "models"]
    assert after(command, "--configfile") == ["mine.yaml"]
    assert command.index("--snakefile") < command.index("--")


def test_run_without_a_configuration_takes_the_packages_own_and_a_corpus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = snakemake_command(
        ["--config", "seeds=[0]", "--configfile", "mine.yaml", "--cores=2"], corpus="demo"
    )
    assert after(command, "--configfile") == [str(WORKFLOW / "config.yaml"), "mine.yaml"]
    assert after(command, "--config") == ["seeds=[0]", "corpus=demo"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--cores", "2"], "no config.yaml in .*ariigcn init DIR.*--corpus demo"),
        (["--cores", "2", "--directory", "p"], "go to the project"),
        (["-s", "Snakefile"], "call snakemake for another --snakefile"),
    ],
)
def test_run_says_what_is_missing_or_not_its_own(given, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=words):
        snakemake_command(given)


def test_a_package_without_its_workflow_says_so(tmp_path, monkeypatch):
    (tmp_path / "Snakefile").symlink_to(tmp_path / "nowhere")
    monkeypatch.setattr("ariigcn.project.WORKFLOW", tmp_path)
    for act in (lambda: lay_out(tmp_path / "p"), lambda: snakemake_command(["-n"], "demo")):
        with pytest.raises(AriigcnError, match=r"lacks Snakefile, .*install ariigcn again"):
            act()


@pytest.mark.workflow
def test_the_installed_workflow_runs_in_a_project(installed, tmp_path):
    target, call = installed
    assert call(tmp_path, "init", "p")[0] == 0
    project = tmp_path / "p"
    code, said = call(project, "run", "--cores", "2", "-n")
    assert code == 0, said
    assert f"Snakefile: {target}/ariigcn/_workflow/Snakefile" in said
    assert "Using workflow specific profile profiles/default" in said
    assert "rule report_page:" in said
    assert not (project / "results").exists()
    preset = ("--configfile", "config.yaml", "workflow/presets/emorynlp.yaml")
    code, said = call(project, "run", "-n", *preset)
    assert code == 0, said
    assert "data/emorynlp" in said


@pytest.mark.workflow
def test_the_installed_workflow_runs_a_corpus_in_an_empty_folder(installed, tmp_path):
    _, call = installed
    code, said = call(
        tmp_path, "run", "data/demo/utterances.parquet", "--corpus", "demo", "--cores", "2",
        "--config", "demo={dialogues: 3}",
    )  # fmt: skip
    assert code == 0, said
    assert (tmp_path / "data" / "demo" / "utterances.parquet").is_file()


@pytest.fixture
def deployed(root, tmp_path):
    """Call Snakemake in a project as snakedeploy makes it: its folders, and the text of its template."""
    for name in ("config", "profiles"):
        shutil.copytree(root / name, tmp_path / name)
    assert not any(p.is_symlink() for p in tmp_path.rglob("*"))
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "Snakefile").write_text(
        'configfile: "config/config.yaml"\n'
        f'module ariigcn:\n    snakefile: "{root / "workflow" / "Snakefile"}"\n    config: config\n'
        "use rule * from ariigcn\n"
    )

    def call(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


@pytest.mark.workflow
def test_a_deployed_workflow_plans_the_report_and_presets(deployed):
    said = deployed("-n")
    assert "Using workflow specific profile profiles/default" in said
    assert "rule report_page:" in said
    assert "data/emorynlp" in deployed("-n", "--configfile", "config/presets/emorynlp.yaml")


@pytest.mark.workflow
def test_a_deployed_workflow_runs_a_stage(deployed, tmp_path):
    deployed("data/demo/utterances.parquet", "--config", "demo={dialogues: 3}")
    assert (tmp_path / "data" / "demo" / "utterances.parquet").is_file()


def test_an_installed_package_takes_no_revision_of_the_project_around_it(tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True, capture_output=True)

    path = tmp_path / "provenance.py"
    path.write_text("")
    monkeypatch.setattr(provenance, "__file__", str(path))
    git("init")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--allow-empty", "-m", "theirs")
    assert provenance.revision() == "not a git checkout"
    git("add", "provenance.py")
    assert len(provenance.revision().removesuffix("-dirty")) == 12
