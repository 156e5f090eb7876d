"""Who speaks, feels and shows what: the demo corpus's probabilities, and conversations drawn from them.

Each utterance has one cue a modality, and no cue settles the emotion alone: good news may be joy or
surprise, a raised voice any of four emotions. Some utterances are deadpan (no cue at all), so that
only the conversation around them tells. All of it is our own choice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ariigcn.core.modality import MODALITIES
from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.texts import sentence

EMOTIONS = ("anger", "fear", "joy", "neutral", "sadness", "surprise")
SUBSETS = tuple(chain.from_iterable(combinations(MODALITIES, size) for size in (1, 2, 3)))

# The last cue of each modality is the empty one that deadpan utterances carry.
CUES = {
    "text": ("good", "bad", "dispute", "none"),
    "audio": ("high", "low", "flat"),
    "video": ("wide", "smile", "stern", "blank"),
}
SHOWN = {
    "text": dict(zip(EMOTIONS, ("dispute", "bad", "good", "dispute", "bad", "good"), strict=True)),
    "audio": dict(zip(EMOTIONS, ("high", "high", "high", "low", "low", "high"), strict=True)),
    "video": dict(zip(EMOTIONS, ("stern", "wide", "smile", "stern", "stern", "wide"), strict=True)),
}

NOISE = 0.03  # a cue is replaced by another one of its modality
DEADPAN = 0.08  # never the first utterance of a dialogue
INERTIA = 0.60  # a speaker keeps the emotion of their own last utterance
CONTAGION = 0.15  # a speaker takes over the emotion of the utterance before

SPEAKERS = 8
TURN_KEPT = 0.2  # the same speaker goes on
UTTERANCES = (7, 13)
VALIDATION_SHARE, TEST_SHARE = 0.12, 0.23
BROKEN_SHARE = 0.01  # of utterances, for each kind

Broken = Literal["no audio", "no face", "truncated", "too short"]
BROKEN: tuple[Broken, ...] = ("no audio", "no face", "truncated", "too short")
UNOBSERVED: dict[Broken, tuple[str, ...]] = {
    "no audio": ("audio",),
    "no face": ("video",),
    "truncated": ("audio", "video"),
    "too short": ("audio", "video"),
}


@dataclass(frozen=True)
class Utterance:
    """One utterance: ``speaker`` counts in the pool, ``cues`` are by modality."""

    speaker: int
    emotion: str
    cues: dict[str, str]
    text: str
    broken: Broken | None = None

    @property
    def deadpan(self) -> bool:
        """Whether no modality carries a cue."""
        return all(self.cues[m] == CUES[m][-1] for m in MODALITIES)

    def observed(self, modality: str) -> bool:
        """Whether the modality's cue can be read from the clip."""
        return self.broken is None or modality not in UNOBSERVED[self.broken]


@dataclass(frozen=True)
class Dialogue:
    """One conversation, and the split that it stands in."""

    index: int
    split: str
    utterances: tuple[Utterance, ...]

    @property
    def name(self) -> str:
        """Its ``dialogue_id``."""
        return f"d{self.index:04d}"


def sample_dialogue(config: DemoConfig, index: int) -> Dialogue:
    """Dialogue ``index`` of the corpus; it depends on no other one."""
    rng = np.random.default_rng([config.seed, index])
    length = int(rng.integers(UTTERANCES[0], UTTERANCES[1] + 1))
    cast = rng.choice(SPEAKERS, size=int(rng.integers(2, 4)), replace=False).tolist()
    last: dict[int, str] = {}
    utterances: list[Utterance] = []
    for position in range(length):
        before = utterances[-1] if utterances else None
        speaker = _next_speaker(rng, cast, before)
        emotion = _next_emotion(rng, last.get(speaker), before.emotion if before else None)
        cues = _sample_cues(rng, emotion, first=position == 0)
        utterances.append(Utterance(speaker, emotion, cues, sentence(rng, cues["text"])))
        last[speaker] = emotion
    if config.broken_clips:
        utterances = _break_some(utterances, _broken_by_dialogue(config.dialogues).get(index, ()))
    return Dialogue(index, split_of(config.dialogues, index), tuple(utterances))


def sample_dialogues(config: DemoConfig) -> Iterator[Dialogue]:
    """All dialogues of the corpus, in order."""
    return (sample_dialogue(config, index) for index in range(config.dialogues))


def split_of(dialogues: int, index: int) -> str:
    """The first dialogues train, the last ones test; each split has at least one."""
    test = max(1, round(TEST_SHARE * dialogues))
    validation = max(1, round(VALIDATION_SHARE * dialogues))
    if index >= dialogues - test:
        return "test"
    return "validation" if index >= dialogues - test - validation else "train"


def emotion_prior(own: str | None, before: str | None) -> NDArray[np.float64]:
    """P(emotion | the speaker's own last one, that of the utterance before), [6]."""
    probability = np.zeros(len(EMOTIONS))
    if own is not None:
        probability[EMOTIONS.index(own)] += INERTIA
    if before is not None:
        probability[EMOTIONS.index(before)] += CONTAGION
    return probability + (1 - probability.sum()) / len(EMOTIONS)


@cache
def cue_probabilities(modality: str) -> NDArray[np.float64]:
    """P(cue | emotion, not deadpan), [6, cues of the modality]."""
    cues = CUES[modality]
    table = np.zeros((len(EMOTIONS), len(cues)))
    table[:, :-1] = NOISE / (len(cues) - 2)
    for row, emotion in enumerate(EMOTIONS):
        table[row, cues.index(SHOWN[modality][emotion])] = 1 - NOISE
    return table


def _next_speaker(rng: np.random.Generator, cast: list[int], before: Utterance | None) -> int:
    if before is None:
        return int(rng.choice(cast))
    if rng.random() < TURN_KEPT:
        return before.speaker
    return int(rng.choice([s for s in cast if s != before.speaker]))


def _next_emotion(rng: np.random.Generator, own: str | None, before: str | None) -> str:
    return EMOTIONS[rng.choice(len(EMOTIONS), p=emotion_prior(own, before))]


def _sample_cues(rng: np.random.Generator, emotion: str, first: bool) -> dict[str, str]:
    if rng.random() < DEADPAN and not first:
        return {m: CUES[m][-1] for m in MODALITIES}
    row = EMOTIONS.index(emotion)
    return {m: CUES[m][rng.choice(len(CUES[m]), p=cue_probabilities(m)[row])] for m in MODALITIES}


@cache
def _broken_by_dialogue(dialogues: int) -> dict[int, tuple[Broken, ...]]:
    """Which kinds of broken clip a dialogue gets, spread evenly so that every split sees some."""
    each = max(1, round(BROKEN_SHARE * dialogues * sum(UTTERANCES) / 2))
    slots = each * len(BROKEN)
    found: dict[int, tuple[Broken, ...]] = {}
    for slot in range(slots):
        index = (2 * slot + 1) * dialogues // (2 * slots)
        found[index] = (*found.get(index, ()), BROKEN[slot % len(BROKEN)])
    return found


def _break_some(utterances: list[Utterance], kinds: tuple[Broken, ...]) -> list[Utterance]:
    """Break every third utterance that is not deadpan, as far as there are kinds to break it by."""
    mended = list(utterances)
    candidates = [i for i, utterance in enumerate(utterances) if not utterance.deadpan]
    for position, kind in zip(candidates[1::3] + candidates[::3], kinds, strict=False):
        old = utterances[position]
        mended[position] = Utterance(old.speaker, old.emotion, old.cues, old.text, kind)
    return mended
