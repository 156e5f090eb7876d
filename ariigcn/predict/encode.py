"""From a table of recordings to features, by the encoders that a model was trained with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ariigcn.core.errors import DataError
from ariigcn.core.settings import describe
from ariigcn.corpora.read.transcripts import Turn
from ariigcn.corpora.table import Corpus, write_corpus
from ariigcn.features.around import Around
from ariigcn.features.clips import clips_of
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.registry import PUBLISHED
from ariigcn.features.extract import extract
from ariigcn.features.here import EncoderHere
from ariigcn.features.store import FeatureStore, Rows, Status, StoreHeader
from ariigcn.models.bundle import told
from ariigcn.models.encoders import comparable
from ariigcn.predict.sources import MEDIA_ROOT, Source

NO_MEDIA = "no recording was given"
NO_TIMES = "its start and end in the recording are unknown"
# What must be as it was in training, or the model reads vectors that it does not know.
HELD = ("encoder", "parameters", "dimension", "weights_sha256")


@dataclass(frozen=True)
class Encoded:
    """One modality of all utterances, and why some of them lack it.

    Shapes: values float32 [N, D], zeros where mask is False; mask bool [N]; the others length N.
    ``notes`` is what a reader must know of all of them.
    """

    values: NDArray[np.float32]
    mask: NDArray[np.bool_]
    status: Sequence[Status]
    messages: Sequence[str]
    notes: Sequence[str] = ()

    @classmethod
    def of(cls, rows: Rows, notes: Sequence[str]) -> "Encoded":
        """What a store, or an encoder, gave."""
        return cls(rows.values.copy(), rows.mask, rows.status, rows.messages, notes)

    @classmethod
    def nothing(cls, count: int, dimension: int, why: str) -> "Encoded":
        """No row has anything."""
        values, mask = np.zeros((count, dimension), np.float32), np.zeros(count, bool)
        return cls(values, mask, [Status.MISSING] * count, [why] * count)

    def part(self, rows: slice) -> "Encoded":
        """Some of the rows."""
        return Encoded(
            self.values[rows], self.mask[rows], self.status[rows], self.messages[rows], self.notes
        )

    def why(self, row: int, turn: Turn, source: Source) -> str:
        """Why a row has nothing, in a few words."""
        if self.status[row] != Status.MISSING:
            return self.messages[row] or str(self.status[row])
        if source.recording is None:
            return self.messages[row] or NO_MEDIA
        return NO_TIMES if turn.start_s is None else self.messages[row] or NO_MEDIA


@dataclass(frozen=True)
class Work:
    """How sound and pictures are worked through.

    Args:
        workers: processes that encode, a core each.
        cache: folder that keeps what encoders made of a clip, for the next time.
        timeout_s: seconds after which a clip counts as failed.
        progress: told of each stage and of the share of it that is done.
    """

    workers: int = 1
    cache: Path | None = None
    timeout_s: float = 120.0
    progress: Callable[[str, float], None] | None = None

    def tell(self, stage: str, share: float = 0.0) -> None:
        """Hand progress on to who asked for it."""
        if self.progress is not None:
            self.progress(stage, share)


class Encoders:
    """The encoders of a model; the one of words stays loaded.

    Args:
        features: modality -> what the model's head says of the store that it was trained on.
        dimensions: modality -> D.
    """

    def __init__(self, features: Mapping[str, Any], dimensions: Mapping[str, int]) -> None:
        self._features, self._dimensions = features, dimensions
        self._words: EncoderHere | None = None

    def encode(self, corpus: Corpus, work: Work) -> dict[str, Encoded]:
        """Every modality that the model reads.

        Args:
            corpus: the table of :func:`~ariigcn.predict.sources.table_of`.
            work: how sound and pictures are worked through.

        Raises:
            DataError: an encoder is not here, or has other weights than the one of training.
        """
        return {modality: self._encode(corpus, modality, work) for modality in self._dimensions}

    def words(self, clips: Sequence[Clip]) -> Encoded:
        """The words of some utterances, by the encoder that stays loaded.

        Raises:
            DataError: the encoder here has other weights than the one of training.
        """
        if self._words is None:
            self._words = EncoderHere(self._config("text"))
        notes = differences(self._features["text"], self._words.header)
        return Encoded.of(self._words.encode(clips), notes)

    @property
    def reads_words(self) -> bool:
        """Whether words can be encoded: the model reads them, and not as features published."""
        return self._features.get("text", {"encoder": PUBLISHED})["encoder"] != PUBLISHED

    @property
    def knows_english_alone(self) -> bool:
        """Whether words are read, by an encoder that was trained on English."""
        return self._features.get("text", {"encoder": PUBLISHED})["encoder"] == "minilm"

    @property
    def around(self) -> Around:
        """What of a conversation the encoder of words reads with an utterance."""
        return Around.of(self._config("text").parameters)

    def _encode(self, corpus: Corpus, modality: str, work: Work) -> Encoded:
        own, count = self._own(modality), len(corpus.utterances)
        stage = f"encoding {modality}"
        work.tell(stage)
        if own["encoder"] == PUBLISHED:
            why = f"the model's {modality} features are published ones, but no recording has them"
            return Encoded.nothing(count, self._dimensions[modality], why)
        if modality == "text":
            return self.words(clips_of(corpus, MEDIA_ROOT, self.around))
        if corpus.utterances["media"].isna().all():
            return Encoded.nothing(count, self._dimensions[modality], "")
        with TemporaryDirectory(prefix="ariigcn-") as folder:
            table, out = Path(folder) / "utterances.parquet", Path(folder) / f"{modality}.h5"
            write_corpus(corpus, table)
            extract(
                table,
                MEDIA_ROOT,
                out,
                self._config(modality),
                block=16,
                workers=work.workers,
                cache=work.cache,
                timeout_s=work.timeout_s,
                # A recording without sound, or a broken one, is told utterance by utterance.
                max_failed_share=1.0,
                at_least_one=False,
                watch=lambda share: work.tell(stage, share),
            )
            store = FeatureStore(out)
            return Encoded.of(store.read(), differences(own, store.header))

    def _own(self, modality: str) -> Mapping[str, Any]:
        if modality not in self._features:
            raise DataError(f"the model does not say which encoder made its {modality} features")
        own: Mapping[str, Any] = self._features[modality]
        return own

    def _config(self, modality: str) -> EncoderConfig:
        own = self._own(modality)
        try:
            return EncoderConfig(
                modality=modality, encoder=own["encoder"], parameters=own["parameters"]
            )
        except ValidationError as error:
            said = "; ".join(words.removeprefix("(top level): ") for words in describe(error))
            raise DataError(f"the model's {modality} encoder cannot be used here: {said}") from None


def differences(own: Mapping[str, Any], header: StoreHeader) -> list[str]:
    """What made other vectors than those of training, in words.

    Raises:
        DataError: other weights or parameters.
    """
    own, now = comparable(own), comparable(told(header))
    for key in HELD:
        if own[key] != now[key]:
            raise DataError(
                f"the model's {header.modality} encoder '{own['encoder']}' has {key} "
                f"{now[key]!r} here, but had {own[key]!r} in training; install that one"
            )
    before, after = own["made_by"], now["made_by"]
    changed = [
        f"{k} {before[k]} -> {after.get(k)}"
        for k in before
        if _release(before[k]) != _release(after.get(k))
    ]
    if not changed:
        return []
    told_of = ", ".join(changed)
    return [f"{header.modality} features: other releases made them than in training: {told_of}"]


def _release(version: str | None) -> str | None:
    """A version without its build: 2.13.0+cpu is the release 2.13.0 for another processor."""
    return version.partition("+")[0] if version else version
