"""Text to vector: mean of word vectors from a text file in GloVe's format (Pennington et al., 2014).

The paper's weaker text features. The file is named by the user; the Stanford ones are in the public
domain (PDDL).
"""

import logging
import re
from collections.abc import Sequence
from functools import cached_property
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.errors import DataError
from ariigcn.core.files import sha256_file
from ariigcn.core.paths import file_trouble, printable
from ariigcn.core.settings import Section
from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.store import Status

logger = logging.getLogger(__name__)
LIBRARIES = ("numpy", "pyarrow")
# As GloVe's own corpora were cut: contractions apart ("do", "n't"), punctuation by itself.
TOKEN = re.compile(r"\w+(?=n't\b)|n't\b|'\w+|\w+|[^\w\s]")


class Parameters(Section):
    """Parameters of the GloVe encoder."""

    vectors: str = Field(
        min_length=1, description="Text file: a word and its numbers a line, blanks between."
    )
    lowercase: bool = Field(True, description="Look words up in small letters.")
    max_words: int = Field(
        400_000,
        ge=1,
        description="Lines that are read; GloVe's files begin with the most frequent words.",
    )


def files(parameters: Parameters) -> list[Path]:
    """The vectors' file."""
    return [Path(parameters.vectors).expanduser()]


class GloVe:
    """Utterance text -> float32 [D], the mean over its tokens that have a vector."""

    version = "1"
    feature_names: tuple[str, ...] = ()
    # Looking a text up in a cache of results costs more than looking its words up here.
    cached = False

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        [self._path] = files(parameters)
        self._rows, self._vectors = read_vectors(self._path, parameters.max_words)
        self.dimension = self._vectors.shape[1]

    @cached_property
    def weights_sha256(self) -> str:
        """Digest of the vectors' file."""
        return sha256_file(self._path)

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        """One vector a clip; the row says how many of its tokens have none."""
        return [self._encode_one((clip.has_words and clip.text) or "") for clip in clips]

    def _encode_one(self, text: str) -> Encoded:
        tokens = TOKEN.findall(text.lower() if self.parameters.lowercase else text)
        if not tokens:
            return Encoded(None, Status.MISSING, "no text")
        known = [self._rows[token] for token in tokens if token in self._rows]
        without = len(tokens) - len(known)
        note = f"{without} of {len(tokens)} tokens without a vector" if without else ""
        if not known:
            return Encoded(None, Status.MISSING, note)
        return Encoded(
            self._vectors[known].mean(0, dtype=np.float64).astype(np.float32), message=note
        )


def read_vectors(path: Path, max_words: int) -> tuple[dict[str, int], NDArray[np.float32]]:
    """Words to rows, and the vectors float32 [V, D]; a word that comes twice keeps its first row.

    Lines that do not fit the first are left out and counted: GloVe's largest file holds a few words
    with blanks in them.

    Raises:
        DataError: no such file, or no vectors in it.
    """
    odd: list[str] = []
    try:
        if trouble := file_trouble(path):
            raise ValueError(trouble)
        with path.open("rb") as stream:
            lines = list(islice(stream, max_words))
        if lines and len(lines[0].split()) == 2:
            del lines[0]  # word2vec's header: how many words, how many numbers
        words, vectors = _parse(lines, odd)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: no word vectors ({printable(str(error))}); name a file in GloVe's text format: "
            "features.text.parameters.vectors"
        ) from error
    if odd:
        logger.warning("%s: %d lines left out, first: %s", path, len(odd), odd[0][:40])
    rows: dict[str, int] = {}
    for row, word in enumerate(words):
        rows.setdefault(word, row)
    return rows, vectors


def _parse(lines: list[bytes], odd: list[str]) -> tuple[list[str], NDArray[np.float32]]:
    """Words and vectors of lines that are as long as the first; the others go to ``odd``."""
    from pyarrow import csv, float32, string

    def leave_out(row: Any) -> str:
        odd.append(row.text)
        return "skip"

    width = len(lines[0].split()) - 1 if lines else 0
    names = ["word", *map(str, range(width))]
    # Arrow's errors are ValueErrors.
    table = csv.read_csv(
        BytesIO(b"".join(lines)),
        csv.ReadOptions(use_threads=False, column_names=names),
        csv.ParseOptions(delimiter=" ", quote_char=False, invalid_row_handler=leave_out),
        csv.ConvertOptions(
            column_types={"word": string(), **dict.fromkeys(names[1:], float32())},
            strings_can_be_null=False,
        ),
    )
    vectors = np.stack([column.to_numpy() for column in table.columns[1:]], axis=1)
    if len(odd) > len(vectors):
        raise ValueError(f"{len(odd)} of {len(lines)} lines without {width} numbers")
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise ValueError(f"the numbers of {table['word'][int(bad[0])]} are not finite")
    return table["word"].to_pylist(), vectors


def make(modality: str, parameters: Parameters) -> GloVe:
    """Load the encoder; it knows one modality only."""
    return GloVe(parameters)
