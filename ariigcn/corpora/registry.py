"""The corpora by name: one line each; each module has ``load(root, split) -> Corpus``.

A corpus that has a section of its own among the options takes it as the third argument.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ariigcn.core.errors import ConfigError, DataError, problem_list
from ariigcn.core.settings import describe, unknown_name
from ariigcn.corpora.config import OPTIONS, SplitConfig
from ariigcn.corpora.table import Corpus, write_corpus

CORPORA = {
    "demo": "ariigcn.corpora.demo.generate",
    "folder": "ariigcn.corpora.folder",
    "iemocap": "ariigcn.corpora.iemocap",
    "meld": "ariigcn.corpora.meld",
    "mosi": "ariigcn.corpora.mosi",
    "published": "ariigcn.corpora.published",
}
# Corpora of which a report may show text and pictures; the licences of the others forbid it, and so
# may that of one that is not named here.
SHOWABLE = frozenset({"demo", "folder"})


def corpus_module(name: str) -> str:
    """The dotted name of a corpus's module; its code version is a parameter of the stage."""
    if name not in CORPORA:
        raise ValueError(unknown_name(name, list(CORPORA), "corpus"))
    return CORPORA[name]


def load_corpus(
    name: str, root: Path | str, split: SplitConfig, options: Mapping[str, Any] | None = None
) -> Corpus:
    """Read a corpus from its folder.

    Args:
        name: name in :data:`CORPORA`.
        root: the folder.
        split: how validation is cut where the corpus has none.
        options: fields of the corpus's own section, see :data:`~ariigcn.corpora.config.OPTIONS`.

    Raises:
        ConfigError: an option is unknown or out of bounds.
        DataError: the folder is absent, or is not what the corpus's module expects.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{name}: {root} is not a folder; name the one that holds the corpus")
    try:
        own = [OPTIONS[name](**(options or {}))] if name in OPTIONS else []
    except ValidationError as error:
        raise ConfigError(problem_list(f"{name}: its options", describe(error))) from None
    corpus: Corpus = import_module(corpus_module(name)).load(root, split, *own)
    return corpus


def prepare(
    name: str,
    root: Path | str,
    out: Path | str,
    split: SplitConfig | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Read a corpus and write its utterance table to ``out``."""
    write_corpus(load_corpus(name, root, split or SplitConfig(), options), out)


def table_files(root: Path | str) -> list[str]:
    """The tables in a corpus's folder and one level below: what a changed corpus changes."""
    patterns = (
        *("*.csv", "*.tsv", "*.parquet", "*/*.csv", "*.pkl", "*.pickle", "*.srt", "*.vtt"),
        *("Session*/dialog/EmoEvaluation/*.txt", "Session*/dialog/transcriptions/*.txt"),
    )
    return sorted(str(path) for pattern in patterns for path in Path(root).glob(pattern))
