"""The modules that docs/extending.md shows work as they stand there."""

import ast
import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

import ariigcn
from ariigcn.core import code
from ariigcn.core.code import PACKAGE_ROOT
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.registry import load_corpus
from ariigcn.corpora.table import check_corpus
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.registry import encoder_parameters, make_encoder
from ariigcn.features.encoders.text_minilm import MiniLM
from ariigcn.features.encoders.video_efficientnet import EfficientNetVideo
from ariigcn.features.store import Status
from ariigcn.models.registry import MODELS
from ariigcn.plan.load import load_plan
from ariigcn.plan.search import space
from benchmarks.shapes import demo
from tests.core.forgetting import forget_code
from tests.models import test_baselines


@pytest.fixture
def page(root):
    return (root / "docs" / "extending.md").read_text(encoding="utf-8")


@pytest.fixture
def my_lab(page, tmp_path, monkeypatch):
    """The folder of the page's package, as its reader would have it; Python can import it."""
    for path, source in re.findall(r"```python\n# (my_lab/\w+\.py)\n(.*?)```", page, re.DOTALL):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_lab"]:
        del sys.modules[name]


def test_the_corpus(my_lab, tmp_path):
    lines = [
        f"c{d}\t{'ab'[p % 2]}\t{'joy' if d % 2 else 'anger'}\twords"
        for d in range(9)
        for p in range(3)
    ]
    (tmp_path / "chats.tsv").write_text("\n".join(lines) + "\n")
    corpus = load_corpus("module:my_lab.chats", tmp_path, SplitConfig())
    check_corpus(corpus)
    assert set(corpus.utterances["split"]) == {"train", "validation", "test"}
    assert corpus.labels == ("anger", "joy")


def test_the_encoder(my_lab):
    encoder = make_encoder("text", "module:my_lab.text_length", {"unit": 2})
    full, empty = encoder.encode([Clip("a", "four", None), Clip("b", None, None)])
    assert full.values.tolist() == [2.0]
    assert empty.status == Status.MISSING
    with pytest.raises(ValueError, match="did you mean 'unit'"):
        encoder_parameters("text", "module:my_lab.text_length", {"unti": 2})


@pytest.mark.parametrize("name", ["module:my_lab:RGCN", "ar-iigcn/module:my_lab.layers:GATED"])
def test_the_model_and_the_graph_layer(my_lab, name):
    test_baselines.test_batch_composition_order_and_padding_change_no_output(name)
    test_baselines.test_past_only_reads_no_later_utterance(name, future=0)
    test_baselines.test_a_masked_modality_is_not_read(name)


def test_the_configuration_and_its_names(page, my_lab):
    (overlay,) = re.findall(r"```yaml\n(corpus: .*?)```", page, re.DOTALL)
    plan = load_plan(yaml.safe_load(overlay) | {"corpus_root": str(my_lab)})
    assert plan.files.table == "data/chats/utterances.parquet"
    assert plan.files.results == "results/chats"
    (store,) = plan.stores["text"]  # with a digest of its parameters
    assert store.startswith("text-length-")
    assert plan.experiments["lab-rgcn"].model.modules == ("my_lab.rgcn",)
    assert plan.experiments["lab-gate"].model.modules == (
        "ariigcn.models.ariigcn",
        "my_lab.layers",
    )


def test_the_entry_points(page, my_lab):
    """Installed as the page says, names are short; another process, since Python lists them once."""
    (points,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    groups = tomllib.loads(points)["project"]["entry-points"]
    told = [f"[{g}]\n" + "\n".join(f"{k} = {v}" for k, v in e.items()) for g, e in groups.items()]
    installed = my_lab / "my_lab-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: my-lab\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("\n".join(told) + "\n")
    code = (
        "from ariigcn.corpora.registry import corpus_module\n"
        "from ariigcn.features.encoders.registry import encoder_module\n"
        "from ariigcn.models.registry import model_modules\n"
        "print(corpus_module('chats'), encoder_module('text', 'length'),"
        " *model_modules('lab-rgcn'), *model_modules('ar-iigcn', 'gated'))\n"
        "try:\n    encoder_module('audio', 'length')\n"
        "except ValueError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, refused = done.stdout.splitlines()
    assert names == (
        "my_lab.chats my_lab.text_length my_lab.rgcn ariigcn.models.ariigcn my_lab.layers"
    )
    assert "unknown audio encoder 'length'" in refused


def test_an_edit_of_the_labs_package_changes_what_it_makes(my_lab):
    (my_lab / "my_lab" / "scale.py").write_text("BY = 1\n")
    module = my_lab / "my_lab" / "text_length.py"
    module.write_text("from my_lab.scale import BY\n" + module.read_text())

    def version():
        forget_code()
        return code.code_version("ariigcn.features.extract", "my_lab.text_length")

    before = version()
    (my_lab / "my_lab" / "scale.py").write_text("BY = 1  # a remark\n")
    assert version() == before
    (my_lab / "my_lab" / "scale.py").write_text("BY = 2\n")
    assert version() != before


def test_the_page_of_experiments(root):
    """Its example is read, and it names every model and each one's own parameters."""
    words = (root / "docs" / "experiments.md").read_text(encoding="utf-8")
    default = yaml.safe_load((root / "config.yaml").read_text())
    shown = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", words, re.DOTALL)]
    assert "size.64.4" in load_plan(default | shown[0]).experiments
    mmgcn = {"experiments": default["experiments"] | {"mmgcn": {"model": {"name": "mmgcn"}}}}
    plan = load_plan(default | mmgcn | shown[1])
    assert set(space(plan, "ar-iigcn")) == {"model.hidden", "training.learning_rate"}
    assert "model.parameters.layers" in space(plan, "mmgcn")
    for name, entry in MODELS.items():
        (row,) = re.findall(rf"^\| `{name}` .*$", words, re.MULTILINE) or ["ar-iigcn"]
        assert name == "ar-iigcn" or all(
            f"`{key}` {field.default}" in row
            for key, field in entry.parameters.model_fields.items()
        )


def test_the_tutorial_on_encoders(my_lab, root):
    """Its overlay plans a store of its own, beside that of the default encoder."""
    words = (root / "docs" / "tutorials" / "encoder.md").read_text("utf-8")
    (overlay,) = re.findall(r"```yaml\n(.*?)```", words, re.DOTALL)
    default = yaml.safe_load((root / "config.yaml").read_text("utf-8"))
    own = yaml.safe_load(overlay)["experiments"]
    plan = load_plan(default | {"experiments": default["experiments"] | own})
    assert set(plan.stores["text"]) == {"minilm", "length"}
    assert plan.experiments["length"].model.modalities == ("text",)


def test_the_experiments(page, root):
    (overlay,) = re.findall(r"```yaml\n(experiments:.*?)```", page, re.DOTALL)
    default = yaml.safe_load((root / "config.yaml").read_text())
    plan = load_plan(default | yaml.safe_load(overlay))
    assert set(plan.stores["audio"]) == {"opensmile", "is10"}
    assert plan.experiments["past-only"].graph.future == 0
    assert plan.experiments["margin.0.7"].model.losses.margin == 0.7


def test_an_example_in_python_imports_what_it_uses(root):
    for path in (root / "docs").rglob("*.md"):
        for block in re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", "-"]
            done = subprocess.run(ruff, input=block, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{path.name}: {done.stdout}"


def test_the_page_on_scale_knows_how_wide_the_default_features_are(root):
    audio = make_encoder("audio", "opensmile", {}).dimension
    widths = {"text": MiniLM.dimension, "audio": audio, "video": EfficientNetVideo.dimension}
    assert demo().features == widths
    row, page = 4 * sum(widths.values()), (root / "docs" / "scale.md").read_text("utf-8")
    assert f"| these three, the defaults | {row:,} | {row * 13_708 / 1e6:.0f} MB |" in page
    assert f"{row * 13_708 / 1e6:.0f} MB of features" in (root / "README.md").read_text("utf-8")


def test_the_page_on_predictions_quotes_the_shipped_models_card(root):
    card = (PACKAGE_ROOT / "predict" / "shipped" / "meld-text" / "README.md").read_text("utf-8")
    (score,) = re.findall(r"^\| test \| (.*?)\) \|", card, re.MULTILINE)
    page = (root / "docs" / "predict.md").read_text("utf-8")
    assert f"test weighted F1 {score}, one seed)" in page


def test_the_page_on_slurm_counts_the_partitions_to_edit(root):
    profile = (root / "profiles" / "slurm" / "profile.yaml").read_text("utf-8")
    assert len(re.findall(r"^ +slurm_partition: .*# EDIT", profile, re.MULTILINE)) == 4
    assert "| `slurm_partition`, four times |" in (root / "docs" / "slurm.md").read_text("utf-8")


def test_every_public_name_is_at_hand_and_documented(root):
    pages = "".join(p.read_text("utf-8") for p in (root / "docs").glob("*.md"))
    for name in ariigcn.__all__:
        assert getattr(ariigcn, name).__doc__
        assert name in pages, f"docs/ tells nothing of ariigcn.{name}"


def undocumented_errors(path):
    """Public functions that raise an error of ours themselves, and whose docstring does not say so."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        raised = [n.exc for n in ast.walk(node) if isinstance(n, ast.Raise) and n.exc is not None]
        names = {
            e.func.id for e in raised if isinstance(e, ast.Call) and isinstance(e.func, ast.Name)
        }
        if names & {"DataError", "ConfigError"} and "Raises:" not in (
            ast.get_docstring(node) or ""
        ):
            yield f"{path.name}: {node.name}"


def test_a_public_function_that_refuses_something_says_so():
    found = [name for path in PACKAGE_ROOT.rglob("*.py") for name in undocumented_errors(path)]
    assert not found, found
