"""What came out of extraction: who is masked and why, columns that tell nothing, lengths, some faces.

Counts, numbers and names alone; what was said is not among them, and pictures only where asked for.
"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ariigcn.core.storage import write_json
from ariigcn.corpora.read.clips import look_at
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.features.clips import clips_of
from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.media.containers import PAST_END
from ariigcn.features.media.faces import (
    FaceFinder,
    FaceParameters,
    face_crops,
    frames_with_face,
)
from ariigcn.features.media.frames import sample_frames
from ariigcn.features.store import FeatureStore, Status

# Constant columns and extreme ones that are listed by name, a modality; all are counted.
LISTED = 5
SPEAKERS = 20  # whose frames are counted by name
PICTURES, SIDE, JPEG_QUALITY = 5, 112, 85
# Widths of a histogram's bins, seconds or (from 1 on) words, and how many there are at most.
STEPS, BINS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200), 30


def write_quality(
    out: Path, *, table: Path, stores: Mapping[str, Path], media_root: Path, pictures: bool
) -> None:
    """Measure a corpus and its feature stores, and write the findings as JSON.

    Args:
        out: the file.
        table: utterance table.
        stores: modality -> its feature store.
        media_root: folder that the table's media paths are relative to.
        pictures: whether to add face crops of five utterances.
    """
    corpus = read_corpus(table)
    clips = clips_of(corpus, media_root)
    readable = np.zeros(len(clips), dtype=bool)
    for modality in {"audio", "video"} & set(stores):
        readable |= FeatureStore(stores[modality]).mask
    found = {
        "corpus": corpus.name,
        **measure_table(corpus, clips, readable),
        "modalities": {modality: measure_store(path) for modality, path in stores.items()},
        "face_frames": face_frames(corpus, stores["video"]) if "video" in stores else [],
        "faces": faces(clips, stores["video"]) if pictures and "video" in stores else None,
    }
    write_json(found, out)


def measure_table(
    corpus: Corpus, clips: Sequence[Clip], readable: NDArray[np.bool_]
) -> dict[str, Any]:
    """Labelled and unlabelled utterances; distributions of durations (s) and of words.

    Args:
        corpus: the utterances.
        clips: the same as clips.
        readable: whose file may be opened, [N]: one that took its decoder down would take this down.
    """
    frame = corpus.utterances
    labelled = int(frame["emotion"].notna().sum())
    words = [len(text.split()) if isinstance(text, str) else 0 for text in frame["text"]]
    return {
        "utterances": len(frame),
        "labelled": labelled,
        "durations_s": _distribution(
            [_seconds(clip, may) for clip, may in zip(clips, readable.tolist(), strict=True)]
        ),
        "words": _distribution([count or None for count in words], whole=True),
    }


def _seconds(clip: Clip, readable: bool) -> float | None:
    """An utterance's length, from its span or its file's header."""
    if clip.audio is None and clip.start_s is not None and clip.end_s is not None:
        return clip.end_s - clip.start_s
    path = clip.audio or clip.media
    whole = look_at(path).seconds if path is not None and readable else None
    if whole is None or clip.audio is not None:
        return whole
    length = (whole if clip.end_s is None else clip.end_s) - (clip.start_s or 0.0)
    return length if length > 0 else None


def _distribution(values: Sequence[float | None], whole: bool = False) -> dict[str, Any]:
    """Least, median and most of the known values, and a histogram whose last bin takes the rest.

    The last bin begins at the 99th percentile: one recording of an hour would flatten all others.
    ``whole``: the values are counts.
    """
    known = np.array([v for v in values if v is not None], dtype=np.float64)
    if not len(known):
        return {"unknown": len(values)}
    top = float(np.quantile(known, 0.99))
    step = next((s for s in STEPS[3 * whole :] if s * BINS >= top), top / BINS)
    edges = np.arange(0, top + 2 * step, step) - (0.5 if whole else 0)
    counts, _ = np.histogram(np.minimum(known, edges[-1]), edges)
    return {
        "unknown": len(values) - len(known),
        "least": float(known.min()),
        "median": float(np.median(known)),
        "most": float(known.max()),
        "edges": [round(float(edge), 4) for edge in edges],
        "counts": counts.tolist(),
    }


def measure_store(path: Path) -> dict[str, Any]:
    """A store's statuses, and the ranges of its columns over the utterances that are used."""
    store = FeatureStore(path)
    status = Counter(map(str, store.status))
    header = store.header
    return {
        "encoder": header.encoder,
        "columns": header.dimension,
        "status": {str(s): status[str(s)] for s in Status if status[str(s)]},
        "past_end": sum(PAST_END in message for message in store.messages),
        **_columns(store),
    }


def _columns(store: FeatureStore) -> dict[str, Any]:
    mask = store.mask
    if not mask.any():
        return {"constant": [], "not_finite": 0, "extremes": []}
    summaries, not_finite = [], 0
    for columns in store.columns():
        values = columns[mask].astype(np.float64)
        finite = np.isfinite(values).all(axis=0)
        not_finite += int((~finite).sum())
        values[:, ~finite] = 0
        ranges = values.min(0), np.median(values, 0), values.max(0), values.std(0)
        summaries.append(np.stack(ranges))
    least, median, most, sd = np.concatenate(summaries, axis=1)
    names = store.header.feature_names or [f"column {n}" for n in range(len(least))]
    constant = np.flatnonzero((least == most) & (mask.sum() > 1))
    # A constant column's deviation is a rounding error at most.
    furthest = np.where(least < most, np.maximum(most - median, median - least), 0)
    beyond = np.divide(furthest, sd, where=sd > 0, out=np.zeros_like(sd))
    order = [int(i) for i in np.argsort(-beyond, kind="stable")[:LISTED] if beyond[i] > 0]
    return {
        "constant": [names[i] for i in constant],
        "not_finite": not_finite,
        "least": float(least.min()),
        "most": float(most.max()),
        "extremes": [
            {
                "column": names[i],
                "least": float(least[i]),
                "median": float(median[i]),
                "most": float(most[i]),
                "beyond": float(beyond[i]),
            }
            for i in order
        ],
    }


def face_frames(corpus: Corpus, store: Path) -> list[dict[str, Any]]:
    """Frames, and those with a face, of the speakers with most of them; all speakers first.

    Empty where the encoder looks for no faces.
    """
    told = [frames_with_face(message) or (0, 0) for message in FeatureStore(store).messages]
    counts = pd.DataFrame(told, columns=["with_face", "frames"])
    counts = counts.assign(speaker=corpus.utterances["speaker"].astype(str), utterances=1)
    counts = counts[counts["frames"] > 0]
    if counts.empty:
        return []
    most = counts.groupby("speaker").sum().sort_values("frames", ascending=False, kind="stable")
    whole = pd.DataFrame([counts.drop(columns="speaker").sum()]).assign(speaker=None)
    rows = [*whole.to_dict("records"), *most[:SPEAKERS].reset_index().to_dict("records")]
    return [{str(name): value for name, value in row.items()} for row in rows]


def faces(clips: Sequence[Clip], store: Path) -> list[dict[str, str]] | None:
    """A face crop of each of five utterances spread over the corpus, cropped as the encoder does.

    Utterances whose clip is gone meanwhile are left out.

    Returns:
        Utterance, note and picture (JPEG in base64) of each; None where the encoder crops no faces.
    """
    opened = FeatureStore(store)
    used, given = np.flatnonzero(opened.mask), dict(opened.header.parameters)
    if "face" not in given:
        return None
    asked = FaceParameters(**{k: v for k, v in given.items() if k in FaceParameters.model_fields})
    finder = FaceFinder(asked)
    count = int(given.get("frames", 4))
    spread = np.linspace(0, len(used) - 1, min(PICTURES, len(used))).round().astype(int)
    found = []
    for clip in (clips[i] for i in used[spread]):
        try:
            crops, note = face_crops(sample_frames(clip, count), finder, asked, SIDE)
        except ClipError:
            continue
        picture = _jpeg(crops[len(crops) // 2])
        found.append({"utterance": clip.utterance_id, "note": note, "jpeg": picture})
    return found


def _jpeg(picture: NDArray[np.uint8]) -> str:
    """An RGB picture [H, W, 3] as JPEG, in base64."""
    import cv2

    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), quality)
    return base64.b64encode(data.tobytes()).decode("ascii")
