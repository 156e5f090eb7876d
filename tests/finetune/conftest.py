"""What the tests of fine-tuning share: small corpora of text and of media, and encoders of the first."""

from pathlib import Path

import pytest

from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.generate import generate
from ariigcn.corpora.registry import prepare
from ariigcn.corpora.table import write_corpus
from ariigcn.finetune.text import Parameters
from tests.features.tiny_models import text_model
from tests.finetune.small import learned, parameters
from tests.synthetic_corpus import make_corpus

WORDS = {"anger": "no no well", "joy": "I am so happy", "neutral": "It rains"}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The utterance table of a small demo corpus with its real media, and their folder."""
    folder = tmp_path_factory.mktemp("demo")
    generate(DemoConfig(dialogues=6), folder / "raw", workers=2)
    prepare("demo", folder / "raw", folder / "utterances.parquet")
    return folder / "utterances.parquet", folder / "raw"


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return text_model(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dialogues whose words tell the emotion; one utterance has none."""
    corpus = make_corpus([5, 4, 6, 3, 5, 4, 6, 5, 4, 5] * 2)
    rows = corpus.utterances
    rows["text"] = rows["emotion"].map(WORDS).fillna("what about it")
    rows.loc[3, "text"] = None
    path = tmp_path_factory.mktemp("table") / "utterances.parquet"
    write_corpus(corpus, path)
    return path


@pytest.fixture(scope="session")
def folds(table: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Parameters:
    """Two folds' encoders and the one that learned from all."""
    asked = parameters(base, unseen="all", gives="vectors-logits")
    return learned(table, tmp_path_factory.mktemp("encoders"), asked)
