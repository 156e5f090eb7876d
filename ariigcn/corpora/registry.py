"""The corpora by name: one line each; each module has ``load(root, split) -> Corpus``."""

from importlib import import_module
from pathlib import Path

from ariigcn.core.errors import DataError
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.table import Corpus, write_corpus

CORPORA = {
    "demo": "ariigcn.corpora.demo.generate",
    "folder": "ariigcn.corpora.folder",
    "meld": "ariigcn.corpora.meld",
    "mosi": "ariigcn.corpora.mosi",
}


def corpus_module(name: str) -> str:
    """The dotted name of a corpus's module; its code version is a parameter of the stage."""
    if name not in CORPORA:
        raise ValueError(unknown_name(name, list(CORPORA), "corpus"))
    return CORPORA[name]


def load_corpus(name: str, root: Path | str, split: SplitConfig) -> Corpus:
    """Read a corpus from its folder.

    Raises:
        DataError: the folder is absent, or is not what the corpus's module expects.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{name}: {root} is not a folder; name the one that holds the corpus")
    corpus: Corpus = import_module(corpus_module(name)).load(root, split)
    return corpus


def prepare(name: str, root: Path | str, out: Path | str, split: SplitConfig | None = None) -> None:
    """Read a corpus and write its utterance table to ``out``."""
    write_corpus(load_corpus(name, root, split or SplitConfig()), out)


def table_files(root: Path | str) -> list[str]:
    """The tables in a corpus's folder and one level below: what a changed corpus changes."""
    patterns = ("*.csv", "*.tsv", "*.parquet", "*/*.csv")
    return sorted(str(path) for pattern in patterns for path in Path(root).glob(pattern))
