"""``ariigcn corpus check``: what a corpus holds and what is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ariigcn.core.logs import progress
from ariigcn.corpora.checks.trainable import (
    odd_labels,
    odd_speakers,
    trainable_problems,
    usable_for,
)
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.read.clips import PAST_END_S, ClipFacts, look_at
from ariigcn.corpora.registry import corpus_module, load_corpus
from ariigcn.corpora.table import Corpus, find_problems

SHORT_S = 0.2  # shorter clips are worth a line; audio and video ask for 0.1 s
TOLERANCE_S = 1.0  # between the lengths of a clip and of its subtitle, both cut by hand


@dataclass(frozen=True)
class Finding:
    """Utterances of which the same was found; ``defect``: it should not be so."""

    what: str
    utterances: tuple[str, ...]
    defect: bool


@dataclass(frozen=True)
class Inspection:
    """A corpus, what its files' headers say, and all that was found.

    Args:
        lengths: utterance_id -> seconds, [n] for the n utterances whose length is known.
        untrainable: why no model can be trained on it.
        unscored: why validation or test cannot score one.
    """

    corpus: Corpus
    files: Mapping[str, ClipFacts]
    lengths: "pd.Series[float]"
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]
    untrainable: tuple[str, ...]
    unscored: tuple[str, ...]

    @property
    def defects(self) -> int:
        """How many utterances and tables are not as they should be."""
        found = sum(len(finding.utterances) for finding in self.findings if finding.defect)
        return found + len(self.problems)

    @property
    def sound(self) -> bool:
        """Whether there is no defect, and a model can be trained on it or it has no label at all."""
        return not self.defects and not (self.untrainable and not self.unlabelled)

    @property
    def unlabelled(self) -> str:
        """What a corpus without a single label can be used for; empty where it has labels."""
        return usable_for(self.corpus)


def inspect(
    name: str,
    root: Path | str,
    split: SplitConfig | None = None,
    options: Mapping[str, Any] | None = None,
) -> Inspection:
    """Read a corpus and open every file that its table names.

    Args:
        name: corpus in the registry.
        root: its folder.
        split: how validation is cut where the corpus has none.
        options: fields of the corpus's own section.

    Raises:
        DataError: no table can be made from the folder.
    """
    root = Path(root)
    corpus = load_corpus(name, root, split or SplitConfig(), options)
    frame = corpus.utterances
    columns = [column for column in ("media", "audio") if column in frame.columns]
    paths = sorted({path for column in columns for path in frame[column].dropna()})
    files = _look_at_all(root, paths)
    module = import_module(corpus_module(name))
    lengths = _lengths(frame, files)
    found: dict[tuple[str, bool], list[str]] = {}
    sources = [
        _unreadable(frame, columns, files),
        _gaps(frame, columns, getattr(module, "UNUSABLE", None)),
        _odd_lengths(frame, lengths, files),
        odd_labels(corpus),
        odd_speakers(corpus),
    ]
    if hasattr(module, "expected_lengths"):
        sources.append(_off_lengths(lengths, module.expected_lengths(root)))
    for source in sources:
        for utterance, what, defect in source:
            found.setdefault((what, defect), []).append(utterance)
    findings = [Finding(what, tuple(ids), defect) for (what, defect), ids in found.items()]
    findings.sort(key=lambda finding: (not finding.defect, -len(finding.utterances), finding.what))
    return Inspection(
        corpus,
        files,
        lengths,
        tuple(findings),
        problems=(*find_problems(corpus), *_unusable(corpus)),
        untrainable=tuple(trainable_problems(corpus)),
        unscored=tuple(trainable_problems(corpus, ("validation", "test"))),
    )


def _unusable(corpus: Corpus) -> list[str]:
    """Modalities of feature files that cannot be used."""
    return [f"{m} features: {why}" for m, why in corpus.extra.get("unusable", {}).items()]


def _look_at_all(root: Path, paths: list[str]) -> dict[str, ClipFacts]:
    if not paths:
        return {}
    files = {}
    # One after the other: several threads open clips no faster.
    with progress("clips opened", len(paths)) as counter:
        for path in paths:
            files[path] = look_at(root / path)
            counter.advance(failed=bool(files[path].trouble))
    return files


def _lengths(frame: pd.DataFrame, files: Mapping[str, ClipFacts]) -> "pd.Series[float]":
    """Seconds by utterance: its span, the rest of its file, or its whole file."""
    seconds = {path: facts.seconds for path, facts in files.items()}
    start = frame["start_s"].fillna(0.0)
    end = frame["end_s"].fillna(frame["media"].map(seconds).astype(float))
    lengths = end - start
    if "audio" in frame.columns:
        lengths = frame["audio"].map(seconds).astype(float).fillna(lengths)
    lengths.index = pd.Index(frame["utterance_id"])
    return lengths.dropna()


Found = Iterator[tuple[str, str, bool]]


def _unreadable(frame: pd.DataFrame, columns: list[str], files: Mapping[str, ClipFacts]) -> Found:
    """Files that cannot be opened, or lack a track."""
    for column in columns:
        for name, path in zip(frame["utterance_id"], frame[column], strict=True):
            if not isinstance(path, str):
                continue
            facts = files[path]
            if facts.trouble:
                yield name, f"{column}: {facts.trouble}", True
            elif column == "audio" and "audio" not in facts.tracks:
                yield name, "audio: no audio track", True
            elif column == "media":
                for track in sorted({"audio", "video"} - facts.tracks):
                    if track == "video" or "audio" not in columns:
                        yield name, f"media: no {track} track", False


def _gaps(frame: pd.DataFrame, columns: list[str], known: Mapping[str, str] | None) -> Found:
    """Labelled utterances without a file, where the release should have one for each."""
    for column in columns if known is not None else []:
        if frame[column].isna().all():
            continue
        gaps = frame.loc[frame[column].isna() & frame["emotion"].notna(), "utterance_id"]
        for name in gaps:
            unusable = name in (known or {})
            what = "known to be unusable" if unusable else f"no usable {column} file"
            yield name, what, not unusable


def _odd_lengths(
    frame: pd.DataFrame, lengths: "pd.Series[float]", files: Mapping[str, ClipFacts]
) -> Found:
    for name in lengths.index[lengths < SHORT_S]:
        yield str(name), f"shorter than {SHORT_S:g} s", False
    for name, path, end in zip(frame["utterance_id"], frame["media"], frame["end_s"], strict=True):
        seconds = files[path].seconds if isinstance(path, str) else None
        if seconds is not None and end > seconds + PAST_END_S:
            yield name, "its span ends after its file", True


def _off_lengths(lengths: "pd.Series[float]", expected: Mapping[str, float]) -> Found:
    for name, seconds in lengths.items():
        if abs(seconds - expected.get(str(name), np.nan)) > TOLERANCE_S:
            yield str(name), f"over {TOLERANCE_S:g} s off the length of its subtitle", False
