"""Configuration of the speaker-relation graph."""

from typing import Literal

from pydantic import Field

from ariigcn.core.settings import Section


class GraphConfig(Section):
    """Which utterances of a dialogue see each other, and how an edge is typed."""

    past: int = Field(
        10, ge=-1, description="Number of previous utterances that an utterance reads; -1: all."
    )
    future: int = Field(
        10, ge=-1, description="Number of later utterances that it reads; 0: online, -1: all."
    )
    relations: Literal["compact", "speaker-pair"] = Field(
        "compact",
        description="compact: same or other speaker, past, self or future; "
        "speaker-pair: who speaks to whom, past or future, as in DialogueGCN.",
    )

    @property
    def name(self) -> str:
        """Name of the graph file, without its ending; two graphs never share one."""
        past, future = ("all" if w < 0 else str(w) for w in (self.past, self.future))
        return f"{self.relations}-past-{past}-future-{future}"
