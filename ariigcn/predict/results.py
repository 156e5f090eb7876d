"""From rows with their probabilities to conversations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ariigcn.corpora.read.transcripts import Transcript
from ariigcn.predict.conversation import Conversation, Explanation, Utterance
from ariigcn.predict.encode import Encoded
from ariigcn.predict.sources import Given, Source


@dataclass(frozen=True)
class Results:
    """What a model made of the N rows of a table.

    Args:
        model: which model.
        labels: its C emotions.
        encoded: modality -> the rows' features.
        probabilities: float32 [N, C].
        explanations: N, or none where they were not asked for.
    """

    model: str
    labels: tuple[str, ...]
    encoded: Mapping[str, Encoded]
    probabilities: NDArray[np.float32]
    explanations: Sequence[Explanation] = ()

    def conversations(self, given: Sequence[Given]) -> list[Conversation]:
        """The rows as the conversations that the table was made of, in its order."""
        starts = np.cumsum([0, *(len(transcript.turns) for _, transcript in given)]).tolist()
        return [
            self._conversation(source, transcript, start)
            for (source, transcript), start in zip(given, starts, strict=False)
        ]

    def _conversation(self, source: Source, transcript: Transcript, start: int) -> Conversation:
        """One conversation, whose rows begin at ``start``."""
        notes = [note for encoded in self.encoded.values() for note in encoded.notes]
        rows = slice(start, start + len(transcript.turns))
        read = any(encoded.mask[rows].any() for encoded in self.encoded.values())
        utterances = tuple(
            self._utterance(source, transcript, start, number)
            for number in range(len(transcript.turns))
        )
        return Conversation(
            name=transcript.name,
            utterances=utterances if read else (),
            labels=self.labels,
            model=self.model,
            modalities=tuple(self.encoded),
            recording=None if source.recording is None else str(source.recording),
            notes=(*_machine(transcript), *transcript.notes, *notes),
            transcript_by=transcript.made_by,
            error="" if read else _nothing_read(utterances[0]),
        )

    def _utterance(
        self, source: Source, transcript: Transcript, start: int, number: int
    ) -> Utterance:
        turn, row = transcript.turns[number], start + number
        scores = map(float, self.probabilities[row])
        return Utterance(
            number=number,
            speaker=turn.speaker or "",
            text=turn.text,
            start_s=turn.start_s,
            end_s=turn.end_s,
            probabilities=dict(zip(self.labels, scores, strict=True)),
            missing={
                modality: encoded.why(row, turn, source)
                for modality, encoded in self.encoded.items()
                if not encoded.mask[row]
            },
            explanation=self.explanations[row] if self.explanations else None,
        )


def _machine(transcript: Transcript) -> tuple[str, ...]:
    """That words and speakers are a machine's guess: nobody may take them for a person's."""
    if not transcript.made_by:
        return ()
    return (
        f"a machine wrote the transcript ({transcript.made_by}); words and speakers may be wrong",
    )


def _nothing_read(first: Utterance) -> str:
    """Why a conversation has no emotions: a guess from nothing would look like any other."""
    missing = "; ".join(f"{modality}: {why}" for modality, why in first.missing.items())
    return f"none of its utterances has anything that the model reads ({missing})"
