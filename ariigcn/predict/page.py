"""A page of conversations with their emotions, one file that needs nothing beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import Literal

from jinja2 import PackageLoader

from ariigcn.core.templates import environment, inline_script
from ariigcn.predict.conversation import Conversation
from ariigcn.predict.sources import UNNAMED

# Colours that are told apart by most eyes (Okabe and Ito, 2008); no emotion is grey.
COLOURS = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#0072b2", "#56b4e9", "#b59f00", "#7a4f9e")
NEUTRAL, GREY = ("neutral", "calm", "none"), "#9aa3b0"


@dataclass(frozen=True)
class Media:
    """A recording that the page plays.

    Args:
        address: where a browser finds it.
        kind: which element plays it.
    """

    address: str
    kind: Literal["audio", "video"]


def colours_of(labels: Sequence[str]) -> dict[str, str]:
    """Each emotion's colour."""
    felt = [name for name in labels if name not in NEUTRAL]
    return {n: COLOURS[felt.index(n) % len(COLOURS)] if n in felt else GREY for n in labels}


def page(
    conversations: Sequence[Conversation],
    media: Media | None = None,
    *,
    embedded: bool = False,
    index: str = "",
) -> str:
    """The page as HTML; everything that comes from a recording is escaped, and no script but its own runs.

    Args:
        conversations: at least one.
        media: the recording of all of them, for a player; None: no player, and nothing beside the page.
        embedded: it stands in a frame of another page, which has the heading.
        index: address of the page that lists this one among others; empty: there is none.
    """
    templates = environment(PackageLoader("ariigcn.predict", "templates"))
    templates.filters["points"] = _points
    script = files("ariigcn.predict").joinpath("templates", "predictions.js").read_text("utf-8")
    return templates.get_template("predictions.html").render(
        conversations=[_shown(conversation) for conversation in conversations],
        colours=colours_of(conversations[0].labels),
        index=index,
        model=conversations[0].model,
        version=version("ariigcn"),
        unnamed=UNNAMED,
        media=media,
        embedded=embedded,
        **inline_script(script),
    )


def _points(change: float, whole: float) -> str:
    """What a probability becomes, as ``40 % (-51 points)``."""
    return f"{100 * (whole + change):.0f} % ({_signed(change)} points)"


def _signed(change: float) -> str:
    return f"{100 * change:+.0f}".replace("-", "\N{MINUS SIGN}")


def _shown(conversation: Conversation) -> dict[str, object]:
    """A conversation with each speaker's utterances placed on a line of time, in per cent."""
    timed = [u for u in conversation.utterances if u.start_s is not None and u.end_s is not None]
    whole = len(timed) == len(conversation.utterances)
    length = max((u.end_s or 0.0 for u in timed), default=0.0) if whole else 0.0
    count = len(conversation.utterances)
    lanes: dict[str, list[dict[str, object]]] = {}
    for place, utterance in enumerate(conversation.utterances):
        if length:
            start, end = (seconds or 0.0 for seconds in (utterance.start_s, utterance.end_s))
            left, width = start / length, (end - start) / length
        else:
            left, width = place / count, 1 / count
        lanes.setdefault(utterance.speaker or UNNAMED, []).append(
            {"left": 100 * left, "width": max(100 * width, 0.3), "utterance": utterance}
        )
    return {"said": conversation, "lanes": lanes, "length": length}
