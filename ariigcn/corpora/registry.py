"""The corpora by name: one line each; each module has ``load(root, split) -> Corpus``.

A corpus that has a section of its own among the options takes it as the third argument. One that can
be downloaded has ``obtain(root, downloads, config, clips, manifest)``, as
:func:`ariigcn.corpora.meld.obtain` describes it; one whose release has a validation split says so by
``OWN_VALIDATION = True``, and one that has neither sound nor pictures by ``TEXT_ALONE = True``.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from ariigcn.core.errors import ConfigError, DataError, problem_list
from ariigcn.core.paths import leads_out
from ariigcn.core.plugins import Plugins
from ariigcn.core.settings import describe
from ariigcn.corpora.config import OPTIONS, SplitConfig
from ariigcn.corpora.read.feature_file import ENDINGS as PICKLES
from ariigcn.corpora.read.recordings import TABLES
from ariigcn.corpora.read.subtitles import SUFFIXES as SUBTITLES
from ariigcn.corpora.table import Corpus, write_corpus

CORPORA = {
    "dailydialog": "ariigcn.corpora.dailydialog",
    "demo": "ariigcn.corpora.demo.generate",
    "emorynlp": "ariigcn.corpora.emorynlp",
    "folder": "ariigcn.corpora.folder",
    "iemocap": "ariigcn.corpora.iemocap",
    "meld": "ariigcn.corpora.meld",
    "mosi": "ariigcn.corpora.mosi",
    "published": "ariigcn.corpora.published",
}
FOUND = Plugins("corpus", "ariigcn.corpora", CORPORA)
# Corpora of which a report may show text and pictures; the licences of the others forbid it, and so
# may that of one that is not named here.
SHOWABLE = frozenset({"demo", "folder"})
# Endings of the files that tables are read from, and what else decides them.
PARTS = ("-trn.json", "-dev.json", "-tst.json", "_train.txt", "_validation.txt", "_test.txt")
ENDINGS = (*TABLES, *PICKLES, *SUBTITLES, *PARTS)
IEMOCAP_TEXTS = ("EmoEvaluation", "transcriptions")
ORACLE = "oracle.json"


def corpus_module(name: str) -> str:
    """The dotted name of a corpus's module; its code version is a parameter of the stage.

    Raises:
        ValueError: no corpus has this name.
    """
    return FOUND.module(name)


def downloader(name: str) -> Callable[..., None] | None:
    """What downloads a corpus to its folder; None where its owner wants to be asked for it.

    Raises:
        ValueError: no corpus has this name, or its module cannot be imported.
    """
    obtain: Callable[..., None] | None = getattr(FOUND.load(name), "obtain", None)
    return obtain


def has_validation(name: str) -> bool:
    """Whether a corpus's release has a validation split, so that none is cut.

    Raises:
        ValueError: as :func:`downloader`.
    """
    return bool(getattr(FOUND.load(name), "OWN_VALIDATION", False))


def is_text_alone(name: str) -> bool:
    """Whether a corpus has neither sound nor pictures, not even as features.

    Raises:
        ValueError: as :func:`downloader`.
    """
    return bool(getattr(FOUND.load(name), "TEXT_ALONE", False))


def load_corpus(
    name: str, root: Path | str, split: SplitConfig, options: Mapping[str, Any] | None = None
) -> Corpus:
    """Read a corpus from its folder.

    Args:
        name: name in :data:`CORPORA`, of an entry point, or ``module:...``.
        root: the folder.
        split: how validation is cut where the corpus has none.
        options: fields of the corpus's own section, see :data:`~ariigcn.corpora.config.OPTIONS`.

    Raises:
        ConfigError: an option is unknown or out of bounds.
        DataError: the folder is absent, is not what the corpus's module expects, or links lead from it to
            media elsewhere.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{name}: {root} is not a folder; name the one that holds the corpus")
    try:
        own = [OPTIONS[name](**(options or {}))] if name in OPTIONS else []
    except ValidationError as error:
        raise ConfigError(problem_list(f"{name}: its options", describe(error))) from None
    corpus: Corpus = FOUND.load(name).load(root, split, *own)
    _require_inside(corpus, root)
    return corpus


def _require_inside(corpus: Corpus, root: Path) -> None:
    """Refuse media outside the corpus's folder, as every later stage does.

    A linked folder's files can change without the digests of :mod:`~ariigcn.corpora.fingerprints`.
    """
    frame = corpus.utterances
    columns = [column for column in ("media", "audio") if column in frame.columns]
    # What is no text, or has a NUL, is told with its row.
    named = [
        path
        for column in columns
        for path in frame[column]
        if isinstance(path, str) and "\0" not in path
    ]
    outside = [f"{path} leads to {there}" for path, there in leads_out(root, named).items()]
    if outside:
        title = (
            f"{corpus.name}: media lead out of {root}; put them there, or put links to the tables "
            "beside the media and name that folder"
        )
        raise DataError(problem_list(title, outside))


def prepare(
    name: str,
    root: Path | str,
    out: Path | str,
    split: SplitConfig | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Read a corpus and write its utterance table to ``out``."""
    write_corpus(load_corpus(name, root, split or SplitConfig(), options), out)


def option_files(corpus: str, options: Mapping[str, Any]) -> list[Path]:
    """The files outside its folder that a corpus's options name and its table depends on.

    Args:
        corpus: name in :data:`CORPORA`.
        options: fields of the corpus's own section.
    """
    if corpus not in OPTIONS:
        return []
    section = OPTIONS[corpus](**options)
    return [value for _, value in section if isinstance(value, Path)]


def media_behind(corpus: str, root: Path | str) -> Literal["", "names", "media"]:
    """What of its media a corpus's table depends on, as :mod:`~ariigcn.corpora.fingerprints` digests it.

    IEMOCAP's, and that of subtitles, say which files there are; MELD's finds clips of the wrong length
    by their sizes; the others name media without looking.
    """
    if corpus == "iemocap" or (corpus == "folder" and not has_table(root)):
        return "names"
    return "media" if corpus == "meld" else ""


def has_table(root: Path | str) -> bool:
    """Whether a folder has a table of conversations of its own."""
    return any(Path(path).stem.lower() == "conversations" for path in table_files(root))


def table_files(root: Path | str) -> list[str]:
    """What the corpora read their tables from: a changed one changes the corpus.

    Tables, pickles, subtitles and the parts of EmoryNLP and DailyDialog in the folder and one level
    below, whatever the capitals of their endings; IEMOCAP's texts; what the demo knows of itself.
    Hidden files and what is no file are left.
    """
    found = []
    folders = [str(root)]
    for entry in _entries(str(root)):
        if entry.is_dir():
            folders.append(entry.path)
            if entry.name.startswith("Session"):
                folders += [f"{entry.path}/dialog/{kind}" for kind in IEMOCAP_TEXTS]
    for number, folder in enumerate(folders):
        texts = folder.endswith(IEMOCAP_TEXTS)
        endings = (".txt",) if texts else ENDINGS
        found += [
            entry.path
            for entry in _entries(folder)
            if (entry.name.lower().endswith(endings) or (not number and entry.name == ORACLE))
            and entry.is_file()
        ]
    return sorted(found)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """A folder's entries but the hidden ones; of one that cannot be read, none."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []
