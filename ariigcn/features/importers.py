"""What others have published, as their files give it: one importer a corpus.

An importer is a function that reads one modality's files, and a line in :data:`IMPORTERS`. It knows
of its files whether their encoder has seen the corpus's labels, or asks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.errors import ConfigError, DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.core.settings import Section
from ariigcn.corpora import mosi
from ariigcn.corpora.read.feature_file import SEEN, PublishedFile, find_file, read_published
from ariigcn.corpora.table import Corpus


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


@lru_cache(maxsize=2)
def _read(path: Path, size: int, changed_ns: int) -> PublishedFile:
    """A pickle, read once for all the modalities that are checked together."""
    return read_published(path)


def _papers(root: Path, modality: str, corpus: Corpus, parameters: Parameters) -> Published:
    path = find_file(root, parameters.file or next(iter(corpus.sources)))
    stat = path.stat()
    file = _read(path, stat.st_size, stat.st_mtime_ns)
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
            f"features.{modality}.parameters.fitted_on: nobody knows whether the encoder of "
            f"these {width} numbers has seen the training labels; set 'train' (it has) or "
            "'none' (it has not)"
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
