"""Features that others have published: checked, set in the table's order, written to the same store.

What the files hold is read by :mod:`ariigcn.features.importers`.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from ariigcn.core.errors import AriigcnError, ConfigError, DataError, problem_list
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.read.feature_file import tells_nothing
from ariigcn.corpora.splits import is_cut
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.features.encoders.registry import PUBLISHED
from ariigcn.features.fitted import selection_problem
from ariigcn.features.importers import IMPORTERS, Parameters, Published
from ariigcn.features.store import Rows, Status, StoreHeader, write_store

logger = logging.getLogger(__name__)


def import_features(
    corpus_name: str,
    root: Path | str,
    table: Path | str,
    modality: str,
    out: Path | str,
    *,
    parameters: Parameters,
    beside: Sequence[tuple[str, Parameters]] = (),
    selecting: Sequence[str] = (),
) -> None:
    """Write one modality's published features as a store, rows in the utterance table's order.

    Args:
        corpus_name: name in :data:`~ariigcn.features.importers.IMPORTERS`.
        root: folder of the published files.
        table: the corpus's utterance table.
        modality: ``text``, ``audio`` or ``video``.
        out: the store.
        parameters: see :class:`~ariigcn.features.importers.Parameters`.
        beside: modality and parameters of the run's other imports. They are checked with this one,
            so that every error is reported at once and before a model is trained.
        selecting: experiments that read this store and select by validation.

    Raises:
        ConfigError: the corpus has no published features, or ``fitted_on`` is unknown or contradicts
            what is known of the files.
        DataError: the files are damaged or disagree, hold no utterance of the table, or the same
            values for every one; or validation would select by labels that their encoder has seen.
    """
    if corpus_name not in IMPORTERS:
        known = unknown_name(corpus_name, list(IMPORTERS), "corpus of published features")
        raise ConfigError(f"{known}; choose an encoder, or write an importer for it")
    corpus = read_corpus(table)
    header, rows = _import_all(corpus_name, Path(root), corpus, [(modality, parameters), *beside])
    if selecting and header.fitted_on == "train" and is_cut(corpus.notes):
        problem = selection_problem(corpus.name, [modality])
        raise DataError(f"experiments {', '.join(selecting)}: {problem}")
    write_store(out, header, [rows])


def _import_all(
    name: str, root: Path, corpus: Corpus, wanted: Sequence[tuple[str, Parameters]]
) -> tuple[StoreHeader, Rows]:
    """The first of several imports, once all of them are found possible."""
    imported: list[tuple[StoreHeader, Rows]] = []
    errors: list[AriigcnError] = []
    for number, (modality, parameters) in enumerate(wanted):
        if (modality, parameters) in wanted[:number]:
            continue
        try:
            found = _import(name, root, corpus, modality, parameters)
        except (ConfigError, DataError) as error:
            errors.append(error)
        else:
            imported = imported or [found]
    if len(errors) > 1:
        title = "published features cannot be imported"
        raise ConfigError(problem_list(title, [str(error) for error in errors]))
    if errors:
        raise errors[0]
    return imported[0]


def _import(
    name: str, root: Path, corpus: Corpus, modality: str, parameters: Parameters
) -> tuple[StoreHeader, Rows]:
    """A modality's rows in the table's order, and what their store says of itself."""
    published = IMPORTERS[name](root, modality, corpus, parameters)
    rows = _align(published, corpus.utterances["utterance_id"].tolist())
    _check_telling(corpus, modality, rows)
    header = StoreHeader(
        corpus=corpus.name,
        modality=modality,
        encoder=PUBLISHED,
        encoder_version=published.version,
        dimension=published.values.shape[1],
        weights_sha256=_digest(published.sources),
        fitted_on=_fitted_on(name, modality, published.fitted_on, parameters),
        parameters={**parameters.model_dump(mode="json"), "sources": dict(published.sources)},
    )
    return header, rows


def _check_telling(corpus: Corpus, modality: str, rows: Rows) -> None:
    """Refuse features from which no model could learn to tell utterances apart.

    Raises:
        DataError: no training utterance has a vector, or all of them have the same.
    """
    mend = f"leave {modality} out of model.modalities, or name another file"
    if not rows.mask.any():
        told = sorted({message for message in rows.messages if message})
        raise DataError(
            f"features.{modality}: no utterance of the table has a vector ({'; '.join(told)}); {mend}"
        )
    train = rows.mask & (corpus.utterances["split"] == "train").to_numpy()
    if not train.any():
        raise DataError(f"features.{modality}: no training utterance has a vector; {mend}")
    values = rows.values[train]
    if trouble := tells_nothing(values):
        raise DataError(f"features.{modality}, training split: {trouble}; {mend}")
    constant = int((values == values[0]).all(axis=0).sum())
    if constant and len(values) > 1:
        logger.warning(
            "%s: %d of %d numbers are the same for every training utterance",
            *(modality, constant, values.shape[1]),
        )


def make(modality: str, parameters: Parameters) -> NoReturn:
    """Refuse: there is nothing that could encode a clip.

    Raises:
        ConfigError: always; it names the files that can be imported.
    """
    raise ConfigError(
        f"features.{modality}: published features are imported from files, not computed from "
        f"clips; there are importers for: {', '.join(sorted(IMPORTERS))}"
    )


def _align(published: Published, utterance_ids: list[str]) -> Rows:
    """Rows for ``utterance_ids``; those that the files lack or leave at zero are missing, broken ones
    failed.
    """
    place = {name: row for row, name in enumerate(published.utterance_ids)}
    rows = np.array([place.get(name, -1) for name in utterance_ids])
    found = rows >= 0
    values = np.where(found[:, None], published.values[rows], np.float32(0))
    broken = ~np.isfinite(values).all(axis=1)
    values[broken] = 0
    # An encoder gives zero in every place by no chance: such a row fills a gap.
    empty = found & ~broken & ~values.any(axis=1)
    causes = [
        (~found, Status.MISSING, "not in the published files"),
        (broken, Status.FAILED, "not finite as published"),
        (empty, Status.MISSING, "all zeros as published"),
    ]
    status = np.full(len(rows), Status.OK, dtype=object)
    messages = np.full(len(rows), "", dtype=object)
    for where, cause, message in causes:
        status[where], messages[where] = cause, message
    return Rows(utterance_ids, values, status.tolist(), messages.tolist())


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
