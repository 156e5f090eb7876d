"""What is said of the data: planted defects are found, masked rows count nowhere else."""

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from ariigcn.corpora.table import Corpus, read_corpus, write_corpus
from ariigcn.features.quality import write_quality
from ariigcn.features.store import Rows, Status, StoreHeader, write_store
from tests.features.make_clips import grey_frames, write_video

COUNT = 40
STATUS = [Status.OK] * 36 + [Status.NO_FACE, Status.TOO_SHORT, Status.TOO_SHORT, Status.FAILED]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Forty utterances: every second one labelled, n seconds and n words long; one clip for all."""
    write_video(tmp_path / "a.mp4", grey_frames(50))
    frame = pd.DataFrame(
        {
            "dialogue_id": "d",
            "utterance_id": [f"u{n}" for n in range(COUNT)],
            "position": range(COUNT),
            "speaker": "A",
            "text": [" ".join(["secret"] * n) or None for n in range(COUNT)],
            "emotion": [None, "joy"] * (COUNT // 2),
            "split": "train",
            "media": "a.mp4",
            "start_s": np.nan,
            "end_s": np.nan,
        }
    )
    frame.loc[:9, "start_s"] = 0.25
    frame.loc[:9, "end_s"] = 0.25 + np.arange(1, 11) / 10
    write_corpus(Corpus("tiny", "1", ("joy",), "none", {}, frame), tmp_path / "t.parquet")
    return tmp_path / "t.parquet"


def store(path: Path, names: tuple[str, ...] = (), **parameters: Any) -> Path:
    """Normal noise; column 2 is constant where evidence is, column 300 has one extreme."""
    values = np.random.default_rng(0).standard_normal((COUNT, 310)).astype(np.float32)
    values[:, 2], values[7, 300] = 4, 1000
    values[36:] = 0
    header = StoreHeader("tiny", "video", "net", "1", 310, "", "none", parameters, names)
    ids = [f"u{n}" for n in range(COUNT)]
    write_store(path, header, [Rows(ids, values, STATUS, [""] * COUNT)])
    return path


def measured(table: Path, video: Path, pictures: bool = False) -> dict[str, Any]:
    out = table.with_name("quality.json")
    write_quality(
        out, table=table, stores={"video": video}, media_root=table.parent, pictures=pictures
    )
    found: dict[str, Any] = json.loads(out.read_text())
    assert "secret" not in out.read_text()
    return found


def test_planted_columns_are_found_by_name_and_masked_rows_are_not_in_them(table: Path) -> None:
    names = tuple(f"feature_{n}" for n in range(310))
    video = measured(table, store(table.with_name("v.h5"), names))["modalities"]["video"]
    assert video["status"] == {"ok": 36, "no face": 1, "too short": 2, "failed": 1}
    assert (video["constant"], video["not_finite"]) == (["feature_2"], 0)
    assert (video["most"], len(video["extremes"])) == (1000, 5)
    first = video["extremes"][0]
    assert (first["column"], first["most"]) == ("feature_300", 1000)
    assert first["beyond"] == pytest.approx(36**0.5, rel=0.1) and abs(first["median"]) < 1


def test_frames_with_a_face_are_counted_by_speaker(table: Path) -> None:
    path = table.with_name("v.h5")
    assert measured(table, store(path))["face_frames"] == []
    frame = read_corpus(table).utterances.assign(speaker=["A", "B"] * (COUNT // 2))
    write_corpus(Corpus("tiny", "1", ("joy",), "none", {}, frame), table)
    said = ["face in 3 of 4 frames", "face in 4 of 4 frames; its span ends after its file", ""]
    messages = [*said, "no face in any of 4 frames", *[""] * (COUNT - 4)]
    header = StoreHeader("tiny", "video", "net", "1", 3)
    rows = Rows([f"u{n}" for n in range(COUNT)], np.zeros((COUNT, 3), np.float32), STATUS, messages)
    write_store(path, header, [rows])
    assert measured(table, path)["face_frames"] == [
        {"speaker": None, "utterances": 3, "frames": 12, "with_face": 7},
        {"speaker": "B", "utterances": 2, "frames": 8, "with_face": 4},
        {"speaker": "A", "utterances": 1, "frames": 4, "with_face": 3},
    ]


def test_columns_without_names_are_numbered(table: Path) -> None:
    video = measured(table, store(table.with_name("v.h5")))["modalities"]["video"]
    assert video["constant"] == ["column 2"]


def test_lengths_come_from_spans_and_from_files_that_could_be_read(table: Path) -> None:
    found = measured(table, store(table.with_name("v.h5")))
    assert (found["utterances"], found["labelled"]) == (40, 20)
    seconds, words = found["durations_s"], found["words"]
    # The last four are masked and without a span: their files are not opened.
    assert seconds["unknown"] == 4 and sum(seconds["counts"]) == 36
    assert (seconds["least"], seconds["most"]) == pytest.approx((0.1, 2.0), abs=0.05)
    assert words["unknown"] == 1 and (words["least"], words["most"]) == (1, 39)
    assert sum(words["counts"]) == 39


def test_a_store_without_evidence_has_no_ranges(table: Path) -> None:
    path = table.with_name("v.h5")
    header = StoreHeader("tiny", "video", "net", "1", 3)
    ids, gone = [f"u{n}" for n in range(COUNT)], [Status.MISSING] * COUNT
    write_store(path, header, [Rows(ids, np.zeros((COUNT, 3), np.float32), gone, [""] * COUNT)])
    video = measured(table, path)["modalities"]["video"]
    assert (video["constant"], video["extremes"], "least" in video) == ([], [], False)


def test_faces_are_crops_by_the_encoders_policy_of_utterances_spread_over_the_corpus(
    table: Path,
) -> None:
    video = store(table.with_name("v.h5"), face="whole-frame", frames=2)
    faces = measured(table, video, pictures=True)["faces"]
    assert [face["utterance"] for face in faces] == ["u0", "u9", "u18", "u26", "u35"]
    data = np.frombuffer(base64.b64decode(faces[0]["jpeg"]), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (112, 112, 3)
    assert measured(table, video)["faces"] is None
    assert measured(table, store(table.with_name("other.h5")), pictures=True)["faces"] is None
