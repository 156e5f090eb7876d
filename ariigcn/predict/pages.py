"""Pages of many conversations: one that lists them, and one for each, opened when it is asked for."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from jinja2 import PackageLoader

from ariigcn.core.files import atomic_path
from ariigcn.core.templates import environment
from ariigcn.predict.conversation import Conversation
from ariigcn.predict.page import colours_of, page


@dataclass(frozen=True)
class Entry:
    """A line of the list.

    Args:
        name: the conversation's.
        file: its own page, beside the list.
        utterances, speakers: how many.
        seconds: when its last utterance ends; None: not known.
        shares: emotion -> share of the utterances, most frequent first; those that occur.
        notes: what a reader must know.
        masked: utterances that lack a modality.
    """

    name: str
    file: str
    utterances: int
    speakers: int
    seconds: float | None
    shares: tuple[tuple[str, float], ...]
    notes: tuple[str, ...]
    masked: int


def write_pages(
    conversations: Iterable[Conversation], labels: Sequence[str], out: Path, folder: Path
) -> None:
    """Write the list and the pages; none needs anything but those beside it.

    Args:
        conversations: gone through once.
        labels: the model's emotions.
        out: the list; it can be searched by name, and tells what could not be predicted.
        folder: the conversations' own pages; beside the list.
    """
    entries, failed, model = [], [], ""
    with atomic_path(folder) as temporary:
        temporary.mkdir(parents=True)
        for number, conversation in enumerate(conversations):
            model = conversation.model
            if conversation.error:
                failed.append(conversation)
                continue
            file = f"{number + 1:05d}-{_slug(conversation.name)}.html"
            own = page([conversation], index=f"../{out.name}")
            (temporary / file).write_text(own, "utf-8")
            entries.append(_entry(conversation, f"{folder.name}/{file}"))
    templates = environment(PackageLoader("ariigcn.predict", "templates"))
    text = templates.get_template("recordings.html").render(
        entries=entries,
        failed=failed,
        utterances=sum(entry.utterances for entry in entries),
        overall=_shares(entries),
        colours=colours_of(labels),
        model=model,
        version=version("ariigcn"),
    )
    with atomic_path(out) as temporary:
        temporary.write_text(text, "utf-8")


def _entry(conversation: Conversation, file: str) -> Entry:
    said = conversation.utterances
    ends = [utterance.end_s for utterance in said if utterance.end_s is not None]
    counts = Counter(utterance.emotion for utterance in said)
    return Entry(
        name=conversation.name,
        file=file,
        utterances=len(said),
        speakers=len({utterance.speaker for utterance in said}),
        seconds=max(ends) if len(ends) == len(said) else None,
        shares=tuple((name, count / len(said)) for name, count in counts.most_common()),
        notes=conversation.notes,
        masked=sum(bool(utterance.missing) for utterance in said),
    )


def _shares(entries: Sequence[Entry]) -> list[tuple[str, float]]:
    """Share of all utterances by emotion, most frequent first."""
    counts: Counter[str] = Counter()
    for entry in entries:
        counts.update({name: round(share * entry.utterances) for name, share in entry.shares})
    return [(name, count / counts.total()) for name, count in counts.most_common()]


def _slug(name: str) -> str:
    """A name as a part of a file's name and of an address."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "recording"
