"""What of a conversation a text encoder reads with an utterance."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from ariigcn.core.settings import Section

# Unicode's categories of characters of no width, accents and blanks.
SILENT = {"Cc", "Cf", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"}


def has_words(text: str) -> bool:
    """Whether a text has more than blanks, characters of no width and accents, which alone say nothing.

    A character that this Python does not know, such as a newer emoji, may be a word.
    """
    return any(unicodedata.category(character) not in SILENT for character in text)


class Around(Section):
    """Neighbours of an utterance, and who speaks; parameters of every encoder that can read them."""

    context_utterances: int = Field(
        0,
        ge=0,
        description="Preceding utterances that are read before the utterance, the furthest cut first.",
    )
    future_utterances: int = Field(
        0,
        ge=0,
        description="Following utterances that are read after it, as far as there is room. 0 if the graph "
        "sees no future.",
    )
    speakers: Literal["none", "names", "anonymous"] = Field(
        "none",
        description="Who speaks, written before what is said: the corpus's names, or S1, S2 by first "
        "appearance in the dialogue.",
    )

    @staticmethod
    def of(parameters: Mapping[str, Any]) -> "Around":
        """What an encoder with these parameters asks for; most ask for nothing."""
        return Around(**{key: parameters[key] for key in Around.model_fields if key in parameters})

    def said(self, text: Any, speaker: str, number: int) -> str:
        """An utterance as it is read; empty where nothing was said.

        Args:
            text: its words, or anything else where there are none.
            speaker: who speaks.
            number: of the speaker, from 0, by first appearance in the dialogue.
        """
        words = text if isinstance(text, str) else ""
        if self.speakers == "none" or not has_words(words):
            return words
        return f"{speaker if self.speakers == 'names' else f'S{number + 1}'}: {words}"
