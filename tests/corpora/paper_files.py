"""Pickles in the exact structure of the field's published feature files, with made-up numbers."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

DIALOGUES = {
    "iemocap": ["Ses01F_impro01", "Ses01M_script01_1", "Ses02F_impro02", "Ses05F_impro01"],
    "meld": [0, 1, 2, 10],
}
WIDTHS = {"iemocap": (100, 1582, 342), "meld": (600, 300, 342)}
CLASSES = {"iemocap": 6, "meld": 7}


def values(corpus: str, seed: int = 0) -> dict[str, Any]:
    """Every field that some file has, by dialogue; the last dialogue is the test split."""
    rng = np.random.default_rng(seed)
    keys = DIALOGUES[corpus]
    counts = {key: 3 + number for number, key in enumerate(keys)}
    text, audio, video = WIDTHS[corpus]

    def rows(width: int) -> dict[Any, list[np.ndarray]]:
        return {k: list(rng.normal(size=(n, width)).astype(np.float32)) for k, n in counts.items()}

    def speaker(position: int) -> Any:
        if corpus == "iemocap":
            return "MF"[position % 2]
        return [int(place == position % 3) for place in range(9)]

    return {
        "ids": {
            k: [f"{k}_F{i:03d}" if corpus == "iemocap" else str(i) for i in range(n)]
            for k, n in counts.items()
        },
        "speakers": {k: [speaker(i) for i in range(n)] for k, n in counts.items()},
        "labels": {k: [(i + n) % CLASSES[corpus] for i in range(n)] for k, n in counts.items()},
        "sentiments": {k: [i % 3 for i in range(n)] for k, n in counts.items()},
        "text": rows(text),
        "audio": rows(audio),
        "video": {k: np.stack(v) for k, v in rows(video).items()},
        **{f"roberta{i}": rows(1024) for i in range(1, 5)},
        "sentences": {k: [f"It\x92s  line {i}." for i in range(n)] for k, n in counts.items()},
        "train": list(keys[:3]),
        "test": {keys[3]},
    }


FILES = {
    ("mmgcn", "iemocap"): "ids speakers labels text audio video sentences train test",
    ("mmgcn", "meld"): "ids speakers labels text audio video sentences train test -",
    ("m3net", "iemocap"): "ids speakers labels roberta1 roberta2 roberta3 roberta4 "
    "audio video sentences train test",
    ("m3net", "meld"): "ids speakers labels roberta1 roberta2 roberta3 roberta4 "
    "audio video sentences train test -",
    ("dialoguegcn", "meld"): "ids speakers labels text audio sentences train test -",
    ("cosmic", "iemocap"): "speakers labels roberta1 roberta2 roberta3 roberta4 sentences "
    "train0 test valid",
    ("cosmic", "meld"): "speakers labels sentiments roberta1 roberta2 roberta3 roberta4 sentences "
    "train0 test valid",
}


def write(path: Path, kind: str, corpus: str, protocol: int = 4, **changes: Any) -> dict[str, Any]:
    """Write one of :data:`FILES`; ``changes`` replace fields. Returns the fields."""
    fields = values(corpus) | {"-": None}
    fields |= {"train0": fields["train"][:2], "valid": fields["train"][2:]} | changes
    data = tuple(fields[name] for name in FILES[kind, corpus].split())
    path.write_bytes(pickle.dumps(data, protocol))
    return fields
