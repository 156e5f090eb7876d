"""The files that other programs read about the project say what is so, and call only what exists."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

import ariigcn
from ariigcn.report.glossary import PAPER, TITLE


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def makefile(root):
    return (root / "Makefile").read_text("utf-8")


def workflows(root):
    return {
        p.name: yaml.safe_load(p.read_text("utf-8"))
        for p in (root / ".github/workflows").glob("*.yml")
    }


def steps(root):
    for name, flow in workflows(root).items():
        for job in flow["jobs"].values():
            for step in job["steps"]:
                yield name, step


def test_a_workflow_calls_only_targets_that_exist(root, makefile):
    targets, ran = re.findall(r"^([\w-]+):", makefile, re.MULTILINE), set()
    for name, step in steps(root):
        line = step.get("run", "")
        if line.startswith("make "):
            target = line.split()[1]
            assert target in targets, f"{name}: {line}"
            ran.add(target)
            for variable in re.findall(r"(\w+)=", line):
                assert f"{variable} ?=" in makefile, f"{name}: {line}"
        else:
            assert not line or line.startswith("apt-get "), f"{name}: {line} is no make target"
    assert {"demo", "test", "lint", "docs", "wheel"} <= ran


def test_the_workflows_use_actions_with_a_version_and_read_alone(root):
    for name, step in steps(root):
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"]), f"{name}: {step['uses']}"
    for name, flow in workflows(root).items():
        assert flow["permissions"] == {"contents": "read"}, name


def test_the_two_commands_run_on_every_python(root, project):
    job = workflows(root)["test.yml"]["jobs"]["two-commands"]
    pythons = job["strategy"]["matrix"]["python"]
    assert project["requires-python"] == f">={pythons[0]}"
    assert pythons == ["3.11", "3.12", "3.13"]
    assert [s["run"] for s in job["steps"] if "run" in s] == ["make demo", "make test"]
    local = (root / ".ci" / "run").read_text("utf-8").splitlines()
    assert [line for line in local if line.startswith("make")] == ["make demo", "make test"]


def test_the_citation_names_this_release_and_the_paper(root, project):
    citation = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == ariigcn.__version__
    assert citation["license"] == project["license"]
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    paper = citation["preferred-citation"]
    assert (paper["title"], paper["url"], paper["year"]) == (TITLE, PAPER, 2023)
    assert [a["family-names"] for a in paper["authors"]] == ["Shou", "Meng", "Ai", "Yin", "Li"]


def test_the_changelog_begins_with_this_release(root, makefile):
    heads = re.findall(r"^## (\S+)", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heads[0] == ariigcn.__version__
    assert "awk" in makefile.partition("release-notes:\n")[2].split("\n\n")[0]


def test_dependabot_looks_where_files_are(root):
    updates = yaml.safe_load((root / ".github/dependabot.yml").read_text("utf-8"))["updates"]
    looked_at = {u["package-ecosystem"]: root / u["directory"].lstrip("/") for u in updates}
    assert (looked_at["pip"] / "pyproject.toml").is_file()
    assert (looked_at["github-actions"] / ".github/workflows").is_dir()
    assert (looked_at["docker"] / "Dockerfile").is_file()


def test_issue_forms_are_whole(root):
    forms = [p for p in (root / ".github/ISSUE_TEMPLATE").glob("*.yml") if p.name != "config.yml"]
    assert len(forms) == 2
    for path in forms:
        form = yaml.safe_load(path.read_text("utf-8"))
        assert {"name", "description", "body"} <= set(form)
        ids = [field["id"] for field in form["body"]]
        assert len(ids) == len(set(ids))
        assert all(field["attributes"]["label"] for field in form["body"])


def test_pre_commit_runs_the_programs_of_make_lint(root, makefile):
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]  # the pinned releases, no others
    programs = {hook["entry"].split()[0] for hook in hooks[0]["hooks"]}
    linted = makefile.partition("\nlint:")[2].split("\n\n")[0]
    assert programs == set(re.findall(r"\$\(BIN\)/(\w+)", linted)) - {"snakemake"}


def test_the_workflow_catalog_is_told_what_is_so(root):
    usage = yaml.safe_load((root / ".snakemake-workflow-catalog.yml").read_text("utf-8"))["usage"]
    rules = "".join(p.read_text("utf-8") for p in (root / "workflow/rules").glob("*.smk"))
    assert usage["software-stack-deployment"] == {
        "conda": "conda:" in rules,
        "apptainer": "container:" in rules,
        "apptainer+conda": "container:" in rules,
    }
    assert (root / "workflow" / "Snakefile").is_file()
    page = (root / "config" / "README.md").read_text("utf-8")
    for link in re.findall(r"\]\(\.\./([^)]+)\)", page):
        assert (root / link).is_file()


def test_every_dependency_is_a_decision(root, project):
    page = (root / "docs" / "decisions.md").read_text("utf-8")
    entries = page.partition("## Dependencies")[2].partition("\n## ")[0]
    named = {
        name for bold in re.findall(r"\*\*(.+?)\*\*", entries) for name in re.split(r",? ", bold)
    }
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = {Requirement(text).name for listed in lists for text in listed}
    assert wanted <= named, f"docs/decisions.md says nothing of {sorted(wanted - named)}"


def test_the_extras_of_the_documentation_are_pinned_alike(root, project):
    pins = (root / "constraints.txt").read_text("utf-8").splitlines()
    for wanted in project["optional-dependencies"]["docs"]:
        assert wanted in pins
