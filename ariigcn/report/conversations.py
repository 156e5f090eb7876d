"""What the page's scripts show, as compact columns: conversations, and representations of nodes.

Everything is a list a column, small integers where there are numbers, so that a corpus of MELD's
size stays a few megabytes and is read in a few milliseconds. Of more than :data:`MOST` utterances
conversations are drawn, each as likely as another.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.corpora.table import SPLITS, Corpus
from ariigcn.evaluation.figures.representations import emotion_categories
from ariigcn.evaluation.inspection_file import STAGES, Inspection
from ariigcn.evaluation.run_files import read_run_table

PER_MILLE = 1000
MOST = 20_000  # utterances on the page, some six megabytes of it
Shown = Literal["test", "all", "none"]


def conversation_data(
    corpus: Corpus, predictions: Path, inspection: Inspection, *, shown: Shown, text: bool
) -> dict[str, Any]:
    """The dialogues of the page: N utterances in D dialogues, C emotions, K sources.

    Args:
        corpus: the utterance table.
        predictions: the ``predictions.parquet`` whose predictions are shown.
        inspection: attention of the same run.
        shown: dialogues of the test split, all, or none.
        text: whether what was said may be shown.

    Returns:
        ``start`` [D + 1] points into the utterances' columns; ``probability`` [N * C] and ``weight``
        [N * K] are per mille; ``source`` [N * K] counts utterances from the reading one, negative =
        before it; emotions are indices into ``labels``, -1 = none. ``drawn_from`` is how many
        utterances there are where conversations were drawn, else None.
    """
    frame = corpus.utterances
    every = _shown(frame, shown)
    chosen = np.flatnonzero(_drawn(frame, every))
    part = frame.iloc[chosen]
    changes = np.flatnonzero((part["dialogue_id"] != part["dialogue_id"].shift()).to_numpy())
    first = part.iloc[changes]
    speakers = part["speaker"].value_counts().index.tolist()
    scores = _aligned(predictions, frame, corpus.labels).iloc[chosen]
    probability = scores[[f"prob_{label}" for label in corpus.labels]].to_numpy()
    _check_same_rows(inspection, frame)
    offset = (inspection.source - np.arange(len(frame))[:, None])[chosen]
    weight = np.where(inspection.source >= 0, inspection.weight, 0)[chosen]
    weight = np.rint(PER_MILLE * weight)
    return {
        "drawn_from": int(every.sum()) if len(chosen) < every.sum() else None,
        "labels": list(corpus.labels),
        "categories": emotion_categories(corpus.labels),
        "speakers": speakers,
        "splits": list(SPLITS),
        "dialogue": first["dialogue_id"].tolist(),
        "split": _codes(first["split"], SPLITS),
        "start": [*changes.tolist(), len(part)],
        "id": part["utterance_id"].tolist(),
        "speaker": _codes(part["speaker"], speakers),
        "text": part["text"].fillna("").tolist() if text else None,
        "emotion": _codes(part["emotion"], corpus.labels),
        "predicted": _codes(scores["prediction"], corpus.labels),
        "probability": _integers(PER_MILLE * probability),
        "sources": inspection.source.shape[1],
        "source": _integers(np.where(weight > 0, offset, 0)),
        "weight": _integers(weight),
        "reach": inspection.reach[chosen].tolist(),
    }


def representation_data(corpus: Corpus, inspection: Inspection) -> dict[str, Any]:
    """The drawn nodes: P nodes of U utterances; coordinates are per mille of the panel's half side."""
    rows, utterance = np.unique(inspection.row, return_inverse=True)
    part = corpus.utterances.iloc[rows]
    speakers = part["speaker"].value_counts().index.tolist()
    return {
        "labels": list(corpus.labels),
        "categories": emotion_categories(corpus.labels),
        "modalities": list(inspection.modalities),
        "speakers": speakers,
        "id": part["utterance_id"].tolist(),
        "emotion": _codes(part["emotion"], corpus.labels),
        "speaker": _codes(part["speaker"], speakers),
        "utterance": utterance.tolist(),
        "modality": inspection.modality.tolist(),
        "stages": [
            {"title": STAGES[stage], "point": _integers(PER_MILLE * points)}
            for stage, points in inspection.points.items()
        ],
    }


def embedded(data: Mapping[str, Any]) -> Markup:
    """JSON that can stand in a script element: nothing in it ends the element or opens a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _shown(frame: pd.DataFrame, shown: Shown) -> NDArray[np.bool_]:
    if shown == "test":
        return (frame["split"] == "test").to_numpy()
    return np.full(len(frame), shown == "all")


def _drawn(frame: pd.DataFrame, every: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those of some utterances, bool [N], whose conversations are on the page: at most :data:`MOST`."""
    if every.sum() <= MOST:
        return every
    lengths = frame.loc[every, "dialogue_id"].value_counts(sort=False)
    lengths = lengths.sample(frac=1, random_state=0)
    kept = lengths.index[: max(1, int((lengths.cumsum() <= MOST).sum()))]
    return every & frame["dialogue_id"].isin(kept).to_numpy()


def _aligned(predictions: Path, frame: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Predictions in the table's order; absent where an utterance has none."""
    scores, _ = read_run_table(predictions)
    names = ["prediction", *(f"prob_{label}" for label in labels)]
    aligned = scores.set_index("utterance_id")[names].reindex(frame["utterance_id"])
    return aligned.fillna(dict.fromkeys(names[1:], 0.0))


def _check_same_rows(inspection: Inspection, frame: pd.DataFrame) -> None:
    if inspection.utterance_ids != frame["utterance_id"].tolist():
        raise DataError("the inspection belongs to another utterance table; run it again")


def _codes(values: "pd.Series[Any]", names: Sequence[str]) -> list[int]:
    return pd.Categorical(values, categories=list(names)).codes.astype(int).tolist()


def _integers(values: NDArray[Any]) -> list[int]:
    return np.rint(values).astype(int).ravel().tolist()
