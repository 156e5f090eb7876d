"""What a model says of a conversation, utterance by utterance, and the formats it is written in."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ariigcn.core.errors import ConfigError
from ariigcn.core.files import atomic_path

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Utterance:
    """One utterance and its emotion.

    Args:
        number: place in the conversation, from 0.
        speaker: who speaks; empty: nobody was named.
        text: what was said; None: not known.
        start_s, end_s: seconds within the recording; None: not known.
        probabilities: emotion -> probability, in the model's order; they sum to 1.
        missing: modality that the model reads and this utterance lacks -> why.
    """

    number: int
    speaker: str
    text: str | None
    start_s: float | None
    end_s: float | None
    probabilities: Mapping[str, float]
    missing: Mapping[str, str] = field(default_factory=dict)

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
    """

    name: str
    utterances: tuple[Utterance, ...]
    labels: tuple[str, ...]
    model: str
    modalities: tuple[str, ...]
    recording: str | None = None
    notes: tuple[str, ...] = ()

    def to_pandas(self) -> "pd.DataFrame":
        """One row an utterance: conversation, number, speaker, start_s, end_s, text, emotion,
        probability, a column ``prob_<emotion>`` each, and ``missing`` (modalities, with why)."""
        import pandas as pd

        return pd.DataFrame([_row(self, utterance) for utterance in self.utterances])

    def to_dict(self) -> dict[str, Any]:
        """Everything, plain, as it is written to JSON."""
        plain = asdict(self)
        for row, utterance in zip(plain["utterances"], self.utterances, strict=True):
            row["emotion"], row["probability"] = utterance.emotion, utterance.probability
        return plain

    def to_json(self, path: Path | str) -> None:
        """Write everything as JSON."""
        write([self], Path(path), ".json")

    def to_csv(self, path: Path | str) -> None:
        """Write the rows of :meth:`to_pandas` as CSV."""
        write([self], Path(path), ".csv")

    def to_parquet(self, path: Path | str) -> None:
        """Write the rows of :meth:`to_pandas` as Parquet."""
        write([self], Path(path), ".parquet")

    def to_srt(self, path: Path | str) -> None:
        """Write subtitles whose lines begin with the emotion; utterances without times are left out."""
        write([self], Path(path), ".srt")

    def to_html(self, path: Path | str) -> None:
        """Write a page that needs nothing beside it: who feels what, over time."""
        write([self], Path(path), ".html")


def write(conversations: Sequence[Conversation], path: Path, suffix: str = "") -> None:
    """Write conversations to one file, in the format of its ending.

    Args:
        conversations: at least one; SRT takes one alone.
        path: the file; it appears whole or not at all.
        suffix: the format, where it is not the path's ending.

    Raises:
        ConfigError: no format has this ending, or it cannot hold several conversations.
    """
    check_output(path, len(conversations), suffix)
    with atomic_path(path) as temporary:
        WRITERS[suffix or path.suffix.lower()](conversations, temporary)


def check_output(path: Path, count: int = 1, suffix: str = "") -> None:
    """Hold a path to the formats, before work starts.

    Raises:
        ConfigError: as :func:`write`.
    """
    ending = suffix or path.suffix.lower()
    if ending not in WRITERS:
        raise ConfigError(f"{path}: no format ends in '{ending}'; known: {', '.join(WRITERS)}")
    if ending == ".srt" and count > 1:
        raise ConfigError(f"{path}: subtitles are of one recording, here are {count}; name a .csv")
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder; name a file in it")


def _row(conversation: Conversation, utterance: Utterance) -> dict[str, Any]:
    return {
        "conversation": conversation.name,
        "number": utterance.number,
        "speaker": utterance.speaker,
        "start_s": utterance.start_s,
        "end_s": utterance.end_s,
        "text": utterance.text,
        "emotion": utterance.emotion,
        "probability": utterance.probability,
        **{f"prob_{name}": value for name, value in utterance.probabilities.items()},
        "missing": "; ".join(f"{m}: {why}" for m, why in utterance.missing.items()),
        "model": conversation.model,
    }


def _frame(conversations: Sequence[Conversation]) -> "pd.DataFrame":
    import pandas as pd

    return pd.concat([c.to_pandas() for c in conversations], ignore_index=True)


def _write_csv(conversations: Sequence[Conversation], path: Path) -> None:
    _frame(conversations).to_csv(path, index=False, float_format="%.6g", lineterminator="\n")


def _write_tsv(conversations: Sequence[Conversation], path: Path) -> None:
    _frame(conversations).to_csv(
        path, index=False, sep="\t", float_format="%.6g", lineterminator="\n"
    )


def _write_parquet(conversations: Sequence[Conversation], path: Path) -> None:
    frame = _frame(conversations)
    for column in ("start_s", "end_s"):
        frame[column] = frame[column].astype("float64")
    frame.to_parquet(path, index=False)


def _write_json(conversations: Sequence[Conversation], path: Path) -> None:
    plain = [conversation.to_dict() for conversation in conversations]
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _write_srt(conversations: Sequence[Conversation], path: Path) -> None:
    blocks, number = [], 0
    for utterance in conversations[0].utterances:
        if utterance.start_s is None or utterance.end_s is None:
            continue
        number += 1
        who = f"{utterance.speaker}: " if utterance.speaker else ""
        emotion = f"[{utterance.emotion} {utterance.probability:.0%}]"
        times = f"{_clock(utterance.start_s)} --> {_clock(utterance.end_s)}"
        blocks.append(f"{number}\n{times}\n{who}{emotion} {utterance.text or ''}".rstrip() + "\n")
    path.write_text("\n".join(blocks), "utf-8")


def _write_html(conversations: Sequence[Conversation], path: Path) -> None:
    from ariigcn.predict.page import page

    path.write_text(page(conversations), "utf-8")


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    hours, rest = divmod(thousandths, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"


WRITERS: dict[str, Callable[[Sequence[Conversation], Path], None]] = {
    ".csv": _write_csv,
    ".tsv": _write_tsv,
    ".parquet": _write_parquet,
    ".json": _write_json,
    ".srt": _write_srt,
    ".html": _write_html,
}
