"""The best accuracy that anyone can reach on the demo corpus, from its own probabilities.

The emotions of a dialogue form a Markov chain over the last emotion of each of its speakers, so that
forward-backward gives the exact posterior of every utterance's emotion from any set of modalities. A
perfect classifier answers its maximum and is right with that probability.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ariigcn.corpora.demo.script import (
    CUES,
    DEADPAN,
    EMOTIONS,
    SUBSETS,
    Dialogue,
    Utterance,
    cue_probabilities,
    emotion_prior,
)

Array = NDArray[np.float64]
STATES = len(EMOTIONS)


def likelihoods(utterances: Sequence[Utterance], subset: Iterable[str]) -> Array:
    """P(observed cues of the subset's modalities | emotion), [N, 6]."""
    modalities = tuple(subset)
    rows = [_likelihood(u, modalities, first=i == 0) for i, u in enumerate(utterances)]
    return np.array(rows)


def posteriors(
    utterances: Sequence[Utterance], subset: Iterable[str], context: bool = True
) -> Array:
    """P(emotion | cues of the subset's modalities), [N, 6].

    Args:
        utterances: a whole dialogue.
        subset: the modalities that are read.
        context: use the cues of the whole dialogue; otherwise only the utterance's own.
    """
    evidence = likelihoods(utterances, subset)
    if not context:
        return evidence / evidence.sum(axis=1, keepdims=True)
    steps = _steps(utterances, evidence)
    speakers = len(steps[0].before)
    forward = [np.full((STATES,) * speakers, 1.0 / STATES**speakers)]
    for step in steps:
        message = np.einsum(f"{step.before},{step.axes}->{step.after}", forward[-1], step.table)
        forward.append(message / message.sum())
    backward = np.ones((STATES,) * speakers)
    result = np.empty((len(steps), STATES))
    for i in reversed(range(len(steps))):
        step = steps[i]
        result[i] = np.einsum(f"{step.after},{step.after}->n", forward[i + 1], backward)
        backward = np.einsum(f"{step.after},{step.axes}->{step.before}", backward, step.table)
        backward /= backward.sum()
    return result / result.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class _Step:
    """One utterance's move in the state space, as einsum letters.

    ``table`` holds P(new emotion n | own last, last of the speaker before) times the evidence of n.
    """

    before: str
    axes: str
    after: str
    table: Array


def _steps(utterances: Sequence[Utterance], evidence: Array) -> list[_Step]:
    cast = list(dict.fromkeys(u.speaker for u in utterances))
    letters = "abcdefgh"[: len(cast)]
    spoken: set[int] = set()
    steps = []
    for i, utterance in enumerate(utterances):
        own = letters[cast.index(utterance.speaker)]
        before = utterances[i - 1].speaker if i else utterance.speaker
        other = letters[cast.index(before)]
        table = _transition(utterance.speaker in spoken, bool(i))
        axes = f"{own}{other}n"
        if other == own:
            table, axes = np.einsum("iin->in", table), f"{own}n"
        steps.append(_Step(letters, axes, letters.replace(own, "n"), table * evidence[i]))
        spoken.add(utterance.speaker)
    return steps


@cache
def _transition(has_own: bool, has_before: bool) -> Array:
    """P(new | own, before), [6, 6, 6]; constant along what does not exist yet."""
    return np.array(
        [
            [emotion_prior(own if has_own else None, b if has_before else None) for b in EMOTIONS]
            for own in EMOTIONS
        ]
    )


def _likelihood(utterance: Utterance, modalities: tuple[str, ...], first: bool) -> Array:
    shown, empty = np.ones(STATES), 1.0
    for modality in modalities:
        if utterance.observed(modality):
            cue = CUES[modality].index(utterance.cues[modality])
            shown = shown * cue_probabilities(modality)[:, cue]
            empty *= cue == len(CUES[modality]) - 1
    return shown if first else (1 - DEADPAN) * shown + DEADPAN * empty


@dataclass
class Reachable:
    """Sums up reachable accuracy, dialogue by dialogue."""

    utterances: dict[str, int] = field(default_factory=dict)
    sums: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def add(self, dialogue: Dialogue) -> None:
        """Count one dialogue in."""
        split = dialogue.split
        self.utterances[split] = self.utterances.get(split, 0) + len(dialogue.utterances)
        for subset in SUBSETS:
            for kind, context in (("with_context", True), ("without_context", False)):
                key = (split, "+".join(subset), kind)
                best = posteriors(dialogue.utterances, subset, context).max(axis=1)
                self.sums[key] = self.sums.get(key, 0.0) + float(best.sum())

    def table(self) -> dict[str, dict[str, dict[str, float]]]:
        """Expected accuracy by split, subset and kind."""
        result: dict[str, dict[str, dict[str, float]]] = {}
        for (split, subset, kind), total in self.sums.items():
            mean = round(total / self.utterances[split], 6)
            result.setdefault(split, {}).setdefault(subset, {})[kind] = mean
        return result
