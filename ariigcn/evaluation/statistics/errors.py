"""Where a model errs: test scores by what can be said of an utterance.

The groupings are [ours]; Poria et al. (IEEE Access 2019) name emotion shift as a difficulty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ariigcn.core.scores import Score, score_counts
from ariigcn.corpora.table import Corpus
from ariigcn.evaluation.predictions import Predictions
from ariigcn.evaluation.statistics.resampling import (
    bootstrap_interval,
    draw_dialogues,
    resampled_scores,
)
from ariigcn.features.store import FeatureStore

SCORES: tuple[Score, ...] = ("accuracy", "weighted_f1")
RESAMPLES = 2_000  # intervals alone, over many groups: tails of p are not needed
SPEAKERS = 10  # those with most test utterances; the others are one group
POSITIONS = {"1": 1, "2 to 5": 5, "6 to 10": 10, "11 to 20": 20, "21 and later": np.inf}
LENGTHS = {"none": 0, "1": 1, "2 to 5": 5, "6 to 10": 10, "11 to 20": 20, "21 and more": np.inf}
ALL = "all utterances"  # the grouping of the whole split, for comparison with its parts
SAME, CHANGED, FIRST = "same as before", "changed", "first labelled"
COLUMNS = (
    "experiment", "by", "group", "seeds", "dialogues", "n",
    "accuracy", "accuracy_low", "accuracy_high", "weighted_f1", "weighted_f1_low", "weighted_f1_high",
)  # fmt: skip


@dataclass(frozen=True)
class Grouping:
    """A way to part n utterances: its title, its groups in order, utterance_id -> group, [n]."""

    title: str
    groups: tuple[str, ...]
    of: "pd.Series[str]"


def errors_frame(
    experiments: Sequence[Predictions],
    corpus: Corpus,
    stores: Mapping[str, Mapping[str, Path]],
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """One row an experiment, grouping and group that some test utterance is in: :data:`COLUMNS`.

    Scores are means over seeds; intervals are 95 %, the bootstrap over the dialogues that hold the
    group (NaN where they are too few). Weighted F1 weighs by the group's own classes.

    Args:
        experiments: what was predicted.
        corpus: the utterances.
        stores: experiment -> modality -> feature store, whose status tells what is masked.
    """
    shared = groupings(corpus)
    masks: dict[Path, pd.Series[bool]] = {}
    rows = []
    for own in experiments:
        paths = list(stores.get(own.experiment, {}).values())
        masks |= {path: _mask(path) for path in paths if path not in masks}
        masked = [masked_modalities([masks[path] for path in paths])] if paths else []
        for grouping in (*shared, *masked):
            names = grouping.of.reindex(own.utterance_ids).to_numpy()
            for group in grouping.groups:
                if (names == group).any():
                    measured = _measure(own.of_rows(names == group), resamples)
                    rows.append((own.experiment, grouping.title, group, len(own.seeds), *measured))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def groupings(corpus: Corpus) -> list[Grouping]:
    """All together; by dialogue position, emotion shift, speaker and length; see docs/statistics.md."""
    frame = corpus.utterances.set_index("utterance_id")
    words = frame["text"].fillna("").map(lambda text: len(text.split()))
    return [
        Grouping(ALL, (ALL,), pd.Series(ALL, index=frame.index, dtype=object)),
        Grouping("dialogue position", tuple(POSITIONS), _binned(frame["position"] + 1, POSITIONS)),
        Grouping("emotion shift", (SAME, CHANGED, FIRST), emotion_shift(frame)),
        _by_speaker(frame),
        Grouping("words", tuple(LENGTHS), _binned(words, LENGTHS)),
    ]


def emotion_shift(frame: pd.DataFrame) -> "pd.Series[str]":
    """Whether a speaker's emotion differs from that of their labelled utterance before.

    Within one dialogue; context-only utterances are passed over and are in no group.

    Args:
        frame: utterance_id -> a row with the columns dialogue_id, speaker and emotion.

    Returns:
        utterance_id -> group, [n] for the n labelled utterances.
    """
    labelled = frame[frame["emotion"].notna()]
    before = labelled.groupby(["dialogue_id", "speaker"], sort=False)["emotion"].shift()
    shift = np.where(before.isna(), FIRST, np.where(before == labelled["emotion"], SAME, CHANGED))
    return pd.Series(shift, index=labelled.index, dtype=object)


def masked_modalities(masks: Sequence["pd.Series[bool]"]) -> Grouping:
    """By how many modalities are masked: of each, utterance_id -> whether it has evidence, bool [n]."""
    missing = sum((~mask).astype(int) for mask in masks)
    assert isinstance(missing, pd.Series)
    names = tuple(str(count) for count in range(len(masks) + 1))
    return Grouping("masked modalities", names, missing.astype(str))


def _by_speaker(frame: pd.DataFrame) -> Grouping:
    tested = frame[(frame["split"] == "test") & frame["emotion"].notna()]
    counts = tested["speaker"].value_counts()
    order = sorted(counts.index, key=lambda name: (-counts[name], name))
    shown, others = tuple(order[:SPEAKERS]), f"{len(order) - SPEAKERS} others"
    if len(order) <= SPEAKERS:
        return Grouping("speaker", shown, frame["speaker"])
    of = frame["speaker"].where(frame["speaker"].isin(shown), others)
    return Grouping("speaker", (*shown, others), of)


def _binned(values: "pd.Series[int]", bins: Mapping[str, float]) -> "pd.Series[str]":
    """The first bin whose upper end a value does not exceed."""
    at = np.searchsorted(np.array(list(bins.values())), values.to_numpy(dtype=float))
    return pd.Series(np.array(list(bins), dtype=object)[at], index=values.index)


def _mask(path: Path) -> "pd.Series[bool]":
    """True where an utterance has evidence in a store."""
    store = FeatureStore(path)
    return pd.Series(store.mask, index=pd.Index(store.utterance_ids))


def _measure(own: Predictions, resamples: int) -> tuple[float, ...]:
    """Dialogues, utterances, and both scores with their intervals."""
    counts = own.counts()
    weights = draw_dialogues(own.dialogues, resamples)
    measured: list[float] = [own.dialogues, len(own.true)]
    for score, drawn in zip(SCORES, resampled_scores(counts, weights, SCORES), strict=True):
        value = float(score_counts(counts.sum(axis=0), score).mean())
        measured += [value, *bootstrap_interval(drawn, own.dialogues)]
    return tuple(measured)
