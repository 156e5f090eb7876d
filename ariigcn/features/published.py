"""Features that others have published: read from their files, written to the same store.

One importer a corpus: a function that reads a modality's files, and one line in :data:`IMPORTERS`.
An importer knows of its files whether the encoder has seen the corpus's labels, or asks.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.errors import ConfigError, DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.core.settings import Section, unknown_name
from ariigcn.corpora import mosi
from ariigcn.corpora import published as papers
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.features.store import Rows, Status, StoreHeader, write_store


class Parameters(Section):
    """What of the published files is taken, and what their encoder has seen."""

    fitted_on: Literal["none", "train"] | None = Field(
        None,
        description="Split whose labels the features' encoder has seen. Empty: what is known of "
        "the files; it cannot be denied.",
    )
    file: str | None = Field(
        None,
        description="Corpus 'published': another pickle in corpus_root, whose dialogues and their "
        "lengths are those of the table. Empty: the table's own.",
    )
    layer: Literal["mean", "1", "2", "3", "4"] = Field(
        "mean", description="Corpus 'published': which of RoBERTa's four layers, or their mean."
    )


@dataclass(frozen=True)
class Published:
    """A modality as its files give it.

    Shapes: values float32 [N, D], in any order; utterance_ids length N, as in the utterance table.
    ``sources`` maps each file to its sha256.
    """

    utterance_ids: Sequence[str]
    values: NDArray[np.float32]
    version: str
    fitted_on: str
    sources: Mapping[str, str]


def _mosi(root: Path, modality: str, corpus: Corpus, parameters: Parameters) -> Published:
    ids, values = mosi.read_features(root, modality)
    return Published(
        utterance_ids=ids,
        values=values,
        version=mosi.VERSION,
        fitted_on=mosi.FITTED_ON[modality],
        sources={name: sha256_file(root / name) for name in mosi.feature_files(modality)},
    )


# Modality and width -> what the papers say of the encoder: DialogueRNN's and MELD's text CNNs and
# COSMIC's RoBERTa were trained on the emotions of the training split, and MELD's audio was selected by
# them; openSMILE and the face network were not.
SEEN = {
    ("text", 100): "train",
    ("text", 600): "train",
    ("text", 1024): "train",
    ("audio", 300): "train",
    ("audio", 1582): "none",
    ("video", 342): "none",
}


def _papers(root: Path, modality: str, corpus: Corpus, parameters: Parameters) -> Published:
    path = papers.find_file(root, parameters.file or next(iter(corpus.sources)))
    file = papers.read_published(path)
    try:
        vectors = file.features(modality, parameters.layer)
    except DataError as error:
        raise DataError(f"features.{modality}: {path.name}: {error}") from None
    table = corpus.utterances
    ids, blocks, problems = [], [], []
    for dialogue, rows in table.groupby("dialogue_id", sort=False)["utterance_id"]:
        block = vectors.get(str(dialogue))
        if block is None:
            continue
        if len(block) != len(rows):
            problems.append(f"dialogue {dialogue}: {len(block)} vectors, {len(rows)} in the table")
        ids += rows.tolist()
        blocks.append(block)
    widths = {block.shape[1] for block in blocks}
    if len(widths) > 1:
        problems.append(f"vectors of {', '.join(map(str, sorted(widths)))} numbers")
    if problems or not blocks:
        problems = problems or ["no dialogue of the table is in it"]
        raise DataError(problem_list(f"features.{modality}: {path.name} does not fit", problems))
    width = widths.pop()
    seen = SEEN.get((modality, width)) or parameters.fitted_on
    if seen is None:
        raise ConfigError(
            f"features.{modality}.parameters.fitted_on: it is not known whether the encoder of these "
            f"{width} numbers has seen the training labels; say 'train' or 'none'"
        )
    return Published(
        utterance_ids=ids,
        values=np.concatenate(blocks),
        version=f"{file.layout}, {file.corpus}",
        fitted_on=seen,
        sources={path.name: sha256_file(path)},
    )


# Root, modality, table, parameters -> what is published.
Importer = Callable[[Path, str, Corpus, Parameters], Published]
IMPORTERS: dict[str, Importer] = {"mosi": _mosi, "published": _papers}


def import_features(
    corpus_name: str,
    root: Path | str,
    table: Path | str,
    modality: str,
    out: Path | str,
    *,
    parameters: Parameters,
) -> None:
    """Write one modality's published features as a store, rows in the utterance table's order.

    Args:
        corpus_name: name in :data:`IMPORTERS`.
        root: folder of the published files.
        table: the corpus's utterance table.
        modality: ``text``, ``audio`` or ``video``.
        out: the store.
        parameters: see :class:`Parameters`.

    Raises:
        ConfigError: the corpus has no published features, or ``fitted_on`` denies what is known.
        DataError: the files are damaged or disagree, or know no utterance of the table.
    """
    if corpus_name not in IMPORTERS:
        known = unknown_name(corpus_name, list(IMPORTERS), "corpus of published features")
        raise ConfigError(f"{known}; choose an encoder, or write an importer for it")
    corpus = read_corpus(table)
    published = IMPORTERS[corpus_name](Path(root), modality, corpus, parameters)
    rows = _align(published, corpus.utterances["utterance_id"].tolist())
    if not rows.mask.any():
        raise DataError(
            f"{corpus_name}: the published {modality} features and {table} share no utterance"
        )
    header = StoreHeader(
        corpus=corpus.name,
        modality=modality,
        encoder="published",
        encoder_version=published.version,
        dimension=published.values.shape[1],
        weights_sha256=_digest(published.sources),
        fitted_on=_fitted_on(corpus_name, modality, published.fitted_on, parameters),
        parameters={**parameters.model_dump(mode="json"), "sources": dict(published.sources)},
    )
    write_store(out, header, [rows])


def make(modality: str, parameters: Parameters) -> NoReturn:
    """Refuse: there is nothing that could encode a clip."""
    raise ConfigError(
        f"features.{modality}: published features are not computed from clips; they are imported "
        f"from their files, which is known for: {', '.join(sorted(IMPORTERS))}"
    )


def _align(published: Published, utterance_ids: list[str]) -> Rows:
    """Rows for ``utterance_ids``; those that the files lack are missing, broken ones failed."""
    place = {name: row for row, name in enumerate(published.utterance_ids)}
    rows = np.array([place.get(name, -1) for name in utterance_ids])
    found = rows >= 0
    values = np.where(found[:, None], published.values[rows], np.float32(0))
    broken = ~np.isfinite(values).all(axis=1)
    values[broken] = 0
    status = np.where(found, np.where(broken, Status.FAILED, Status.OK), Status.MISSING)
    told = {Status.MISSING: "not in the published files", Status.FAILED: "not finite as published"}
    return Rows(
        utterance_ids=utterance_ids,
        values=values,
        status=[Status(s) for s in status],
        messages=[told.get(Status(s), "") for s in status],
    )


def _digest(sources: Mapping[str, str]) -> str:
    """The one file's sha256; of several, that of their list as sha256sum prints it."""
    if len(sources) == 1:
        return next(iter(sources.values()))
    listing = "".join(f"{digest}  {name}\n" for name, digest in sources.items())
    return hashlib.sha256(listing.encode()).hexdigest()


def _fitted_on(corpus: str, modality: str, known: str, parameters: Parameters) -> str:
    if known == "train" and parameters.fitted_on == "none":
        raise ConfigError(
            f"features.{modality}.parameters.fitted_on: {corpus}'s {modality} features are known "
            "to have seen the training labels; remove the key or set 'train'"
        )
    return parameters.fitted_on or known
