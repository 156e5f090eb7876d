"""CMU-MOSI's published files: order, agreement, and the damage that is found."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from ariigcn.core.errors import DataError
from ariigcn.corpora import mosi
from ariigcn.corpora.config import MosiConfig, SplitConfig
from ariigcn.corpora.registry import prepare
from ariigcn.corpora.table import read_corpus

IDS = ["a_1_1", "a_1_10", "a_1_2", "b_1", "b_2"]
LABELS = [1, 1, 0, 0, 1]
ROWS = {"train": [0, 1, 2], "test": [4, 3]}


def write_csv(path: Path, rows: list[list[object]]) -> None:
    path.write_text("".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows))


def features(modality: str, row: int) -> list[object]:
    """Made features that tell which utterance and modality they belong to."""
    return [row * 100 + place for place in range(mosi.DIMENSIONS[modality])]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A MOSI of two videos, one a split."""
    monkeypatch.setattr(mosi, "UTTERANCES", {"train": 3, "test": 2})
    monkeypatch.setattr(mosi, "VIDEOS", {"train": 1, "test": 1})
    write_csv(
        tmp_path / "transcripts.csv",
        [[name, "VERY  GOOD", 1, label] for name, label in zip(IDS, LABELS, strict=True)],
    )
    for part, rows in ROWS.items():
        write_csv(tmp_path / f"text_{part}.csv", [[r, *features("text", r)] for r in rows])
        for modality in mosi.DIMENSIONS:
            lines = [[*features(modality, r), LABELS[r]] for r in rows]
            write_csv(tmp_path / f"{modality}_{part}0.csv", lines)
    return tmp_path


def edit(path: Path, line: int, old: str, new: str) -> None:
    lines = path.read_text().splitlines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("\n".join(lines) + "\n")


def test_a_dialogue_is_a_video_in_the_order_of_its_numbers(small: Path, tmp_path: Path) -> None:
    prepare("mosi", small, tmp_path / "utterances.parquet")
    corpus = read_corpus(tmp_path / "utterances.parquet")
    frame = corpus.utterances
    assert frame["utterance_id"].tolist() == ["a_1_1", "a_1_2", "a_1_10", "b_1", "b_2"]
    assert frame["dialogue_id"].tolist() == ["a_1", "a_1", "a_1", "b", "b"]
    assert frame["speaker"].equals(frame["dialogue_id"])
    assert frame["position"].tolist() == [0, 1, 2, 0, 1]
    assert frame["emotion"].tolist() == ["positive", "negative", "positive", "negative", "positive"]
    assert frame["split"].tolist() == ["train"] * 3 + ["test"] * 2
    assert frame["text"].unique().tolist() == ["VERY GOOD"]
    assert frame["media"].isna().all()
    assert len(corpus.sources) == 9


@pytest.mark.parametrize("modality", ["text", "audio", "video"])
def test_features_follow_the_index_of_the_text_files(small: Path, modality: str) -> None:
    ids, values = mosi.read_features(small, modality)
    assert ids == ["a_1_1", "a_1_10", "a_1_2", "b_2", "b_1"]
    assert values.shape == (5, mosi.DIMENSIONS[modality])
    assert values[:, 1].tolist() == [1, 101, 201, 401, 301]


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("audio_train0.csv", (2, '"101"', '"nan"'), r"audio_train0\.csv, line 2, field 2: 'nan'"),
        ("video_test0.csv", (1, '"400",', ""), r"video_test0\.csv, line 1: 100 field"),
        ("audio_test0.csv", (1, '"472","1"', '"472","0"'), "row 1: label 0, but .* has 1 for b_2"),
        ("text_train.csv", (3, '"2"', '"1"'), r"text_train\.csv, row 3: 1 is used twice"),
        ("text_train.csv", (3, '"2"', '"7"'), r"row 3: 7 is .* not a row of transcripts\.csv"),
        (
            "text_train.csv",
            (3, '"205"', '"205.5"'),
            r"row 3: its features differ from those of text_train0\.csv",
        ),
        ("transcripts.csv", (4, '"0"', '"-1"'), "line 4: id 'b_1' must be VIDEO_N and label '-1'"),
        ("transcripts.csv", (4, "b_1", "b1"), "line 4: id 'b1' must be VIDEO_N"),
    ],
)
def test_disagreement_is_named(
    small: Path, file: str, change: tuple[int, str, str], message: str
) -> None:
    edit(small / file, *change)
    with pytest.raises(DataError, match=message):
        mosi.load(small, SplitConfig())


def test_a_file_cut_short_is_named(small: Path) -> None:
    path = small / "video_train0.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 3])
    with pytest.raises(DataError, match=r"video_train0\.csv, line 3: unexpected end of data"):
        mosi.load(small, SplitConfig())
    path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    with pytest.raises(DataError, match=r"video_train0\.csv has 2 rows, text_train\.csv 3"):
        mosi.load(small, SplitConfig())


def test_other_sizes_than_the_published_are_refused(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mosi, "UTTERANCES", {"train": 1447, "test": 2})
    with pytest.raises(DataError, match="train: 3 utterances in 1 videos, expected 1447 in 1"):
        mosi.load(small, SplitConfig())


def test_the_published_files(shared: Path, tmp_path: Path) -> None:
    prepare("mosi", shared / "mosi", tmp_path / "utterances.parquet")
    frame = read_corpus(tmp_path / "utterances.parquet").utterances
    assert frame.groupby("split").size().to_dict() == {"train": 1447, "test": 752}
    assert frame["dialogue_id"].nunique() == 93
    assert frame["emotion"].value_counts().to_dict() == {"positive": 1176, "negative": 1023}


def test_validation_is_cut_by_video_where_it_is_asked_for(shared: Path) -> None:
    corpus = mosi.load(
        shared / "mosi", SplitConfig(validation_share=0.2), MosiConfig(validation=True)
    )
    frame = corpus.utterances
    videos = frame.groupby("split")["dialogue_id"].nunique().to_dict()
    assert videos == {"train": 50, "validation": 12, "test": 31}
    assert not frame.groupby("dialogue_id")["split"].nunique().gt(1).any()


@pytest.mark.parametrize(("modality", "share"), [("audio", 0.9), ("video", 0.3)])
def test_rows_of_audio_and_video_are_those_of_the_index(
    shared: Path, modality: str, share: float
) -> None:
    """The nearest row is from the same video far more often than by chance (0.02), where the
    files sorted by the index alone, labels mixed, come to 0.43 and 0.25."""
    ids, values = mosi.read_features(shared / "mosi", modality)
    videos = np.array([name.rsplit("_", 1)[0] for name in ids])[:1447]
    rows = np.clip(StandardScaler().fit_transform(values[:1447]), -5, 5)
    nearest = NearestNeighbors(n_neighbors=1).fit(rows).kneighbors(return_distance=False)[:, 0]
    assert (videos[nearest] == videos).mean() > share
