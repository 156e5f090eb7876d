"""Where a configuration's corpus comes from, what its table is made from, and what changed of it."""

from functools import cache
from pathlib import Path
from typing import Any

from ariigcn.config.sections import Config
from ariigcn.corpora.config import OPTIONS
from ariigcn.corpora.fingerprints import DIGESTS, changed
from ariigcn.corpora.registry import (
    SHOWABLE,
    downloader,
    has_table,
    media_behind,
    option_files,
    table_files,
)
from ariigcn.predict.sources import MEDIA_ROOT as RECORDINGS_ROOT


def downloads(config: Config) -> bool:
    """Whether the corpus is downloaded: it may be, and no folder of it is named."""
    return config.corpus_root is None and downloader(config.corpus) is not None


def made(config: Config) -> bool:
    """Whether the workflow makes or downloads the corpus: it is not there when it is first planned."""
    return config.corpus == "demo" or downloads(config)


def media_root(config: Config) -> Path:
    """The folder that the table's media paths are relative to."""
    if config.corpus == "demo" or config.corpus_root is None:
        return config.data_dir / config.corpus / "raw"
    return config.corpus_root


def of_recordings(config: Config) -> bool:
    """Whether the table is made of recordings and their transcripts, to predict them."""
    root, predicts = config.corpus_root, config.predict.model is not None
    return predicts and config.corpus == "folder" and root is not None and not has_table(root)


def table_root(config: Config) -> Path:
    """The folder that the media of the run's table are relative to."""
    return RECORDINGS_ROOT if of_recordings(config) else media_root(config)


def tolerance(config: Config) -> dict[str, Any]:
    """How much of an extraction may fail: to predict, anything; what is missing is told of each row."""
    if config.predict.model is not None:
        return {"max_failed_share": 1.0, "at_least_one": False}
    return {"max_failed_share": config.features.max_failed_share, "at_least_one": True}


def manifest(config: Config) -> str:
    """What a download leaves once it is whole."""
    return f"{media_root(config)}/downloaded.json"


def cache_dir(config: Config) -> Path | None:
    """The folder of encoders' results by content, or None."""
    return None if config.features.cache is None else config.data_dir / config.features.cache


def options(config: Config) -> dict[str, Any]:
    """The corpus's own section, plain; empty where it has none."""
    known = config.corpus in OPTIONS
    return getattr(config, config.corpus).model_dump(mode="json") if known else {}


def shows_pictures(config: Config) -> bool:
    """Whether the page may show pictures of the corpus."""
    asked = config.report.pictures
    return config.corpus in SHOWABLE if asked is None else asked


def deciding(config: Config) -> dict[str, Any]:
    """Every key that this run's results depend on: no other corpus's, and not the search's."""
    others = {"demo", *OPTIONS} - {config.corpus}
    unread = {"tune", "predict", *others}
    return {key: value for key, value in config.deciding().items() if key not in unread}


def table_inputs(config: Config) -> list[str]:
    """The files, or the made folder, that the utterance table is made from."""
    if config.corpus == "demo":
        return [str(media_root(config))]
    return [manifest(config)] if downloads(config) else table_files(media_root(config))


def named_files(config: Config) -> list[str]:
    """The files outside the corpus's folder that its options name."""
    return [str(path) for path in option_files(config.corpus, options(config))]


def version(config: Config, what: str) -> str:
    """Changes with the corpus's ``tables``, its ``media`` (name, size, time) or its media's ``names``.

    The disk is looked at once a process.
    """
    return _version(media_root(config), what, made(config))


def media_version(config: Config) -> str:
    """Changes with what of its media the corpus's table depends on."""
    what = media_behind(config.corpus, media_root(config))
    return version(config, what) if what else ""


@cache
def _version(root: Path, what: str, is_made: bool) -> str:
    return changed(root, what) if is_made else DIGESTS[what](root)
