"""The command line checks configurations, and the schema in the tree is the package's own."""

from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.config.reference import config_page, schema_text


def test_the_schema_in_the_tree_is_in_step(root):
    stored = (root / "workflow" / "schemas" / "config.schema.json").read_text()
    assert stored == schema_text(), "run: ariigcn schema > workflow/schemas/config.schema.json"


def test_the_page_of_the_configuration_is_in_step(root):
    stored = (root / "docs" / "config.md").read_text()
    assert stored == config_page(), "run: ariigcn schema --markdown > docs/config.md"
    assert "| `margin` | number, > 0, <= 2 | `0.5` |" in stored


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
