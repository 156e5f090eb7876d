"""What a model says of a conversation, utterance by utterance."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Neighbour:
    """An utterance of the context, and what it does to another's prediction.

    Args:
        number: its place in the conversation, from 0.
        change: of the probability of the other's predicted emotion when this one is removed; below 0:
            it speaks for that emotion.
    """

    number: int
    change: float


@dataclass(frozen=True)
class Explanation:
    """What the probability of an utterance's predicted emotion depends on; what masked and removed mean:
    :func:`ariigcn.predict.explain.explained`.

    Args:
        modalities: modality that the utterance has -> change of the probability when it is masked here.
        context: the three utterances within the graph's window whose removal changes it most, the
            strongest first.
    """

    modalities: Mapping[str, float]
    context: tuple[Neighbour, ...]


@dataclass(frozen=True)
class Utterance:
    """One utterance and its emotion.

    Args:
        number: place in the conversation, from 0.
        speaker: who speaks; empty: nobody was named.
        text: what was said; None: not known.
        start_s: where it begins, in seconds of the recording; None: not known.
        end_s: where it ends; None: not known.
        probabilities: emotion -> probability, in the model's order; they sum to 1.
        missing: modality that the model reads and this utterance lacks -> why.
        explanation: what the prediction depends on; None: it was not asked for.
    """

    number: int
    speaker: str
    text: str | None
    start_s: float | None
    end_s: float | None
    probabilities: Mapping[str, float]
    missing: Mapping[str, str] = field(default_factory=dict)
    explanation: Explanation | None = None

    @property
    def emotion(self) -> str:
        """The emotion with the highest probability."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def probability(self) -> float:
        """The probability of :attr:`emotion`."""
        return self.probabilities[self.emotion]


@dataclass(frozen=True)
class Conversation:
    """A conversation with its emotions.

    Args:
        name: the recording's, or the transcript's.
        utterances: in conversation order.
        labels: the model's emotions, in its order.
        model: which model this is from.
        modalities: what the model reads.
        recording: the file that was heard and seen; None: text alone.
        notes: what a reader must know: missing speakers, a machine's transcript, other releases.
        transcript_by: the programs that wrote the transcript; empty: it was given.
        error: why nothing of it could be predicted: it then has no utterances; empty: it was predicted.
    """

    name: str
    utterances: tuple[Utterance, ...]
    labels: tuple[str, ...]
    model: str
    modalities: tuple[str, ...]
    recording: str | None = None
    notes: tuple[str, ...] = ()
    transcript_by: str = ""
    error: str = ""

    def to_pandas(self) -> "pd.DataFrame":
        """One row an utterance: conversation, number, speaker, start_s, end_s, text, emotion,
        probability, a column ``prob_<emotion>`` each, ``missing`` (modalities, with why), the model and
        ``transcript_by``, ``error``. A conversation that could not be predicted is one row, whose
        ``error`` says why."""
        import pandas as pd

        rows = [self._row(utterance) for utterance in self.utterances]
        return pd.DataFrame(rows or [self._nothing()])

    def to_dict(self) -> dict[str, Any]:
        """Everything, plain, as it is written to JSON."""
        plain = asdict(self)
        for row, utterance in zip(plain["utterances"], self.utterances, strict=True):
            row["emotion"], row["probability"] = utterance.emotion, utterance.probability
            if utterance.explanation is None:
                del row["explanation"]
        return plain

    def to_json(self, path: Path | str) -> None:
        """Write everything as JSON."""
        self._write(path, ".json")

    def to_csv(self, path: Path | str) -> None:
        """Write the rows of :meth:`to_pandas` as CSV."""
        self._write(path, ".csv")

    def to_parquet(self, path: Path | str) -> None:
        """Write the rows of :meth:`to_pandas` as Parquet."""
        self._write(path, ".parquet")

    def to_srt(self, path: Path | str) -> None:
        """Write subtitles whose lines begin with the emotion; utterances without times are left out."""
        self._write(path, ".srt")

    def to_html(self, path: Path | str) -> None:
        """Write a page that needs nothing beside it: who feels what, over time."""
        self._write(path, ".html")

    def _write(self, path: Path | str, ending: str) -> None:
        from ariigcn.predict.writers import write

        write([self], Path(path), ending)

    def _row(self, utterance: Utterance) -> dict[str, Any]:
        return {
            "conversation": self.name,
            "number": utterance.number,
            "speaker": utterance.speaker,
            "start_s": utterance.start_s,
            "end_s": utterance.end_s,
            "text": utterance.text,
            "emotion": utterance.emotion,
            "probability": utterance.probability,
            **{f"prob_{name}": value for name, value in utterance.probabilities.items()},
            "missing": "; ".join(f"{m}: {why}" for m, why in utterance.missing.items()),
            "model": self.model,
            "transcript_by": self.transcript_by,
            "error": "",
        }

    def _nothing(self) -> dict[str, Any]:
        """The row of a conversation that could not be predicted."""
        scores = {f"prob_{name}": None for name in self.labels}
        empty = dict.fromkeys(
            ("number", "speaker", "start_s", "end_s", "text", "emotion", "probability")
        )
        return {
            "conversation": self.name,
            **empty,
            **scores,
            "missing": None,
            "model": self.model,
            "transcript_by": self.transcript_by,
            "error": self.error,
        }
