"""The modules that docs/extending.md shows work as they stand there."""

import re
import sys
from types import ModuleType

import pytest
import yaml

from ariigcn.corpora import registry as corpora
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.table import check_corpus
from ariigcn.features.encoders import registry as encoders
from ariigcn.features.encoders.base import Clip
from ariigcn.features.store import Status
from ariigcn.models import registry as models
from ariigcn.plan.load import load_plan
from ariigcn.plan.search import space
from tests.models import test_baselines


@pytest.fixture
def page(root):
    return (root / "docs" / "extending.md").read_text(encoding="utf-8")


def shown_module(page, path, monkeypatch):
    """The module of a fenced block whose first line is its path, importable under that name."""
    (source,) = re.findall(rf"```python\n# {re.escape(path)}\n(.*?)```", page, re.DOTALL)
    name = path.removesuffix(".py").replace("/", ".")
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(source, path, "exec"), module.__dict__)
    return name


def test_the_corpus(page, monkeypatch, tmp_path):
    name = shown_module(page, "ariigcn/corpora/chats.py", monkeypatch)
    monkeypatch.setitem(corpora.CORPORA, "chats", name)
    lines = [
        f"c{d}\t{'ab'[p % 2]}\t{'joy' if d % 2 else 'anger'}\twords"
        for d in range(9)
        for p in range(3)
    ]
    (tmp_path / "chats.tsv").write_text("\n".join(lines) + "\n")
    corpus = corpora.load_corpus("chats", tmp_path, SplitConfig())
    check_corpus(corpus)
    assert set(corpus.utterances["split"]) == {"train", "validation", "test"}
    assert corpus.labels == ("anger", "joy")


def test_the_encoder(page, monkeypatch):
    name = shown_module(page, "ariigcn/features/text_length.py", monkeypatch)
    monkeypatch.setitem(encoders.ENCODERS["text"], "length", name)
    encoder = encoders.load_encoder(name, "text", {"unit": 2})
    full, empty = encoder.encode([Clip("a", "four", None), Clip("b", None, None)])
    assert full.values.tolist() == [2.0]
    assert empty.status == Status.MISSING
    with pytest.raises(ValueError, match="did you mean 'unit'"):
        encoders.encoder_parameters("text", "length", {"unti": 2})


def test_the_model(page, monkeypatch):
    name = shown_module(page, "ariigcn/models/rgcn.py", monkeypatch)
    (line,) = re.findall(r'^"rgcn": (ModelEntry\(.*\)),$', page, re.MULTILINE)
    entry = eval(line, {"ModelEntry": models.ModelEntry})
    assert entry.module == name
    monkeypatch.setitem(models.MODELS, "rgcn", entry)
    test_baselines.test_batch_composition_order_and_padding_change_no_output("rgcn")
    test_baselines.test_past_only_reads_no_later_utterance("rgcn", future=0)
    test_baselines.test_a_masked_modality_is_not_read("rgcn")


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
    for name, entry in models.MODELS.items():
        (row,) = re.findall(rf"^\| `{name}` .*$", words, re.MULTILINE) or ["ar-iigcn"]
        assert name == "ar-iigcn" or all(
            f"`{key}` {field.default}" in row
            for key, field in entry.parameters.model_fields.items()
        )


def test_the_experiments(page, root):
    (overlay,) = re.findall(r"```yaml\n(experiments:.*?)```", page, re.DOTALL)
    default = yaml.safe_load((root / "config.yaml").read_text())
    plan = load_plan(default | yaml.safe_load(overlay))
    assert set(plan.stores["audio"]) == {"opensmile", "is10"}
    assert plan.experiments["past-only"].graph.future == 0
    assert plan.experiments["margin.0.7"].model.losses.margin == 0.7
