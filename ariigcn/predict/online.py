"""A past-only model in a conversation that goes on: an utterance in, its emotion out."""

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ariigcn.core.errors import ConfigError, DataError
from ariigcn.corpora.read.transcripts import Turn, defects
from ariigcn.features.encoders.base import Clip
from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.predict.carried import CarriedState
from ariigcn.predict.conversation import Utterance
from ariigcn.predict.encode import Encoded
from ariigcn.predict.model import EmotionModel
from ariigcn.predict.network import prepare, probabilities, use_threads
from ariigcn.predict.sources import UNNAMED, table_of_speakers
from ariigcn.predict.zoo import past_only

WORDS_ALONE = "a live conversation is read by its words only"


class Progress(Protocol):
    """What a model has read of one conversation."""

    def say(self, x: Mapping[str, Tensor], mask: Tensor, speaker: int, name: str) -> Tensor:
        """The next utterance's class probabilities, [C].

        Args:
            x: modality -> [1, D_m], not standardised, zero where it is missing.
            mask: bool [1, M].
            speaker: the number of who speaks, by first appearance.
            name: of who speaks.

        Raises:
            DataError: the model does not know a relation to this speaker; nothing has changed.
        """
        ...


class OnlineModel:
    """One conversation, read while it is held.

    >>> import ariigcn
    >>> from ariigcn.predict.online import OnlineModel
    >>> online = OnlineModel(ariigcn.load("meld-text-online"))
    >>> online.say("Ann", "I got the job!").emotion
    'joy'

    The numbers are those of :meth:`EmotionModel.predict_turns` for the whole conversation, within 1e-5.
    AR-IIGCN carries a state, so that an utterance costs the same wherever it stands
    (:mod:`ariigcn.predict.carried`); a baseline reads the whole conversation again for each utterance.

    Args:
        model: one with ``graph.future`` 0 that reads words; what else it reads is masked.

    Raises:
        ConfigError: the model reads later utterances, or no words.
    """

    def __init__(self, model: EmotionModel) -> None:
        head = model.head
        if head.graph.future != 0:
            raise ConfigError(_not_past_only(model))
        if not model.encoders.reads_words:
            raise ConfigError(f"{model.name}: this model reads no words; name a model that does")
        # Loaded now, so that nobody waits for it at the first word.
        model.encoders.words([Clip("", "Hello.", None)])
        self.model = model
        self._speakers: dict[str, int] = {}
        self._number = 0
        self._around = model.encoders.around
        self._context: deque[str] = deque(maxlen=self._around.context_utterances)
        self._progress: Progress = (
            CarriedState(head, model.network)
            if type(model.network) is ARIIGCN
            else WholeConversation(model)
        )

    @property
    def masked(self) -> tuple[str, ...]:
        """What the model reads besides words, and gets nothing of here."""
        return tuple(m for m in self.model.modalities if m != "text")

    def say(self, speaker: str, text: str) -> Utterance:
        """The emotion of the next utterance.

        Args:
            speaker: who speaks; empty: nobody is named, one speaker for all such.
            text: what was said; empty: not known.

        Raises:
            DataError: the model knows fewer speakers than have spoken, or the words cannot be used; the
                utterance is forgotten.
        """
        for why in defects(Turn(None, None, speaker, text)):
            raise DataError(why)
        use_threads(self.model.head)
        name = speaker or UNNAMED
        number = self._speakers.get(name, len(self._speakers))
        said = self._around.said(text, name, number)
        read = self.model.encoders.words(
            [Clip(str(self._number), said or None, None, context=tuple(self._context))]
        )
        found = self._progress.say(*self._inputs(read), number, name)
        self._speakers[name] = number
        self._context.append(said)
        missing = dict.fromkeys(self.masked, WORDS_ALONE)
        if not read.mask[0]:
            missing["text"] = read.messages[0]
        utterance = Utterance(
            number=self._number,
            speaker=speaker,
            text=text or None,
            start_s=None,
            end_s=None,
            probabilities=dict(zip(self.model.labels, found.tolist(), strict=True)),
            missing=missing,
        )
        self._number += 1
        return utterance

    def _inputs(self, read: Encoded) -> tuple[dict[str, Tensor], Tensor]:
        """x, modality -> [1, D_m], and the mask [1, M] of an utterance's words."""
        x = {m: torch.zeros(1, size) for m, size in self.model.head.dimensions.items()}
        x["text"] = torch.from_numpy(read.values)
        mask = [m == "text" and bool(read.mask[0]) for m in x]
        return x, torch.tensor([mask])


class WholeConversation:
    """Progress of any past-only model: what was said is kept, and read again for each utterance."""

    def __init__(self, model: EmotionModel) -> None:
        self._model = model
        self._said: list[tuple[Mapping[str, Tensor], Tensor, str]] = []

    def say(self, x: Mapping[str, Tensor], mask: Tensor, speaker: int, name: str) -> Tensor:
        """See :class:`Progress`."""
        head, network = self._model.head, self._model.network
        said = [*self._said, (x, mask, name)]
        corpus = table_of_speakers([who for _, _, who in said], head.labels)
        values = {m: np.concatenate([x[m].numpy() for x, _, _ in said]) for m in head.dimensions}
        masks = torch.cat([mask for _, mask, _ in said]).numpy()
        usable = {m: masks[:, column] for column, m in enumerate(head.dimensions)}
        dialogues = prepare(head, network, corpus, values, usable)
        self._said = said
        return torch.from_numpy(probabilities(head, network, dialogues)[-1])


def _not_past_only(model: EmotionModel) -> str:
    future = model.head.graph.future
    reads = "all later utterances" if future < 0 else f"{future} later utterance(s)"
    others = ", ".join(past_only(Path("results"))) or "none is here yet; train one"
    return (
        f"{model.name}: reads {reads} (graph.future: {future}), so that it cannot answer while people "
        f"talk; name a model with graph.future: 0 ({others})"
    )
