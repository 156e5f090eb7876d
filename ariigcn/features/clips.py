"""The utterance table's rows as the clips that encoders are given."""

import os
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from ariigcn.core.errors import DataError, problem_list
from ariigcn.corpora.table import Corpus
from ariigcn.features.around import Around
from ariigcn.features.encoders.base import Clip


def read_aloud(
    corpus: Corpus, around: Around
) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Each row's words, and those of its neighbours in the dialogue, as ``around`` asks for them."""
    found = []
    # Plain lists: a frame a dialogue takes a minute of a million utterances.
    columns = (corpus.utterances[c].tolist() for c in ("dialogue_id", "speaker", "text"))
    for _, rows in groupby(zip(*columns, strict=True), key=itemgetter(0)):
        speakers: dict[str, int] = {}
        said = [
            around.said(text, str(speaker), speakers.setdefault(str(speaker), len(speakers)))
            for _, speaker, text in rows
        ]
        for n, words in enumerate(said):
            before = tuple(said[max(0, n - around.context_utterances) : n])
            found.append((words, before, tuple(said[n + 1 : n + 1 + around.future_utterances])))
    return found


def clips_of(corpus: Corpus, media_root: Path, around: Around | None = None) -> list[Clip]:
    """The table's rows as clips, their media resolved below ``media_root``.

    Each is given what ``around`` asks for of its dialogue; None: nothing.

    Raises:
        DataError: media lie outside ``media_root``; all of them are named.
    """
    root = media_root.resolve()
    words = read_aloud(corpus, around or Around())
    clips, outside = [], []

    def resolved(name: str, path: Any) -> Path | None:
        if not isinstance(path, str):
            return None
        try:
            there = (root / path).resolve()
        except (OSError, RuntimeError, ValueError):
            return root / path  # what is wrong with it stands in its row
        if not there.is_relative_to(root):
            outside.append(f"{name}: {path} leads to {there}")
        return there

    # As objects: Arrow's columns hand out their values one by one, many times as slowly.
    rows = corpus.utterances.astype(object).itertuples(index=False)
    for row, (text, before, after) in zip(rows, words, strict=True):
        side = getattr(row, "video_side", None)
        clips.append(
            Clip(
                utterance_id=str(row.utterance_id),
                text=text if isinstance(row.text, str) else None,
                media=resolved(str(row.utterance_id), row.media),
                start_s=_number(row.start_s),
                end_s=_number(row.end_s),
                audio=resolved(str(row.utterance_id), getattr(row, "audio", None)),
                video_side=side if side in ("left", "right") else None,
                context=before,
                following=after,
            )
        )
    if outside:
        raise DataError(
            problem_list(f"media outside {root}; move them into it or name their folder", outside)
        )
    return clips


def _number(value: Any) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def check_root(media_root: Path, clips: Sequence[Clip]) -> None:
    """Refuse a folder without a single file where the table names some: its disk may not be mounted.

    Raises:
        DataError: the folder is empty or cannot be read.
    """
    named = [path for clip in clips for path in (clip.media, clip.audio) if path is not None]
    try:
        there = next(os.scandir(media_root), None) is not None
        what = "empty"
    except OSError as error:
        there, what = False, os.strerror(error.errno or 0)
    if named and not there:
        raise DataError(
            f"{media_root}: {what}, but the table names {len(named):,} files in it, first "
            f"{named[0]}; mount its disk or name the folder of the media"
        )
