"""MELD: its tables, its clips, its known defects."""

from dataclasses import replace
from pathlib import Path

import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora import meld
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.registry import prepare
from ariigcn.corpora.table import read_corpus

HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,"
    "Season,Episode,StartTime,EndTime"
)
# Two dialogues a split, the second with a gap in its utterance ids and out of order.
KEYS = {"train": [(0, 0), (0, 1), (125, 3), (125, 0)], "dev": [(0, 0), (110, 7)]}
KEYS["test"] = [(0, 0), (38, 4)]


def row(dialogue: int | str, number: int, text: str = "I see.", emotion: str = "joy") -> str:
    times = '"00:16:16,059","00:16:21,731"'
    return f'1,"{text}",Phoebe  Sr.,{emotion},positive,{dialogue},{number},8,21,{times}'


def write_table(root: Path, part: str, rows: list[str], header: str = HEADER) -> None:
    (root / f"{part}_sent_emo.csv").write_text("\r\n".join([header, *rows, ""]), newline="")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A MELD of eight utterances."""
    parts = tuple(replace(p, utterances=len(KEYS[p.name]), dialogues=2) for p in meld.PARTS)
    monkeypatch.setattr(meld, "PARTS", parts)
    for part, keys in KEYS.items():
        write_table(tmp_path, part, [row(*key) for key in keys])
    return tmp_path


def test_a_table_survives_the_round_trip(small: Path, tmp_path: Path) -> None:
    prepare("meld", small, tmp_path / "utterances.parquet")
    corpus = read_corpus(tmp_path / "utterances.parquet")
    assert corpus.labels == tuple(sorted(corpus.labels))
    assert set(corpus.sources) == {f"{part}_sent_emo.csv" for part in KEYS}
    train = corpus.utterances[corpus.utterances["split"] == "train"]
    assert train["utterance_id"].tolist() == [
        "train_dia0_utt0",
        "train_dia0_utt1",
        "train_dia125_utt0",
        "train_dia125_utt3",
    ]
    assert train["position"].tolist() == [0, 1, 0, 1]
    assert set(train["speaker"]) == {"Phoebe Sr"}
    assert corpus.utterances["split"].unique().tolist() == ["train", "validation", "test"]
    assert corpus.utterances["media"].isna().all()
    assert "no folder train_splits" in corpus.notes[0]


@pytest.mark.parametrize("inner", ["", "train/"])
def test_clips_are_found_and_unusable_ones_left_out(small: Path, inner: str) -> None:
    folder = small / inner / "train_splits"
    folder.mkdir(parents=True)
    for name in ("dia0_utt0", "dia125_utt3", "dia125_utt0", "._dia0_utt0", "final_videos_testdia1"):
        (folder / f"{name}.mp4").touch()
    corpus = meld.load(small, SplitConfig())
    media = corpus.utterances.set_index("utterance_id")["media"].dropna()
    assert media.to_dict() == {
        "train_dia0_utt0": f"{inner}train_splits/dia0_utt0.mp4",
        "train_dia125_utt0": f"{inner}train_splits/dia125_utt0.mp4",
    }
    assert corpus.notes[:3] == (
        "train_dia125_utt3: its clip is corrupted; its audio and video are missing",
        "train: 1 utterance(s) have no clip, first train_dia0_utt1",
        "train: 2 file(s) in train_splits belong to no utterance and are ignored, "
        "first ._dia0_utt0.mp4",
    )


def test_the_wrongly_cut_test_clips_are_left_out(small: Path) -> None:
    folder = small / "output_repeated_splits_test"
    folder.mkdir()
    (folder / "dia38_utt4.mp4").touch()
    corpus = meld.load(small, SplitConfig())
    assert corpus.utterances["media"].isna().all()
    assert any("test_dia38_utt4: its clip is cut wrongly" in note for note in corpus.notes)


def test_another_version_of_the_tables_is_refused(small: Path) -> None:
    write_table(small, "train", [row(0, 0)])
    write_table(small, "dev", [row(0, 0), row(0, 1)])
    with pytest.raises(DataError) as error:
        meld.load(small, SplitConfig())
    assert "train_sent_emo.csv: 1 utterances where 4 are due" in str(error.value)
    assert "train_sent_emo.csv: 1 dialogues where 2 are due" in str(error.value)
    assert "dev_sent_emo.csv: 1 dialogues where 2 are due" in str(error.value)


def test_what_is_wrong_with_a_table_is_named(small: Path, tmp_path: Path) -> None:
    write_table(small, "dev", [row("x", 0), row(1, 0)])
    with pytest.raises(DataError, match=r"dev_sent_emo\.csv, line 2: Dialogue_ID 'x'"):
        meld.load(small, SplitConfig())
    write_table(small, "dev", ["1,2"], header="Utterance,Emotion")
    with pytest.raises(DataError, match=r"column.s. missing: Speaker, Dialogue_ID, Utterance_ID"):
        meld.load(small, SplitConfig())
    (small / "dev_sent_emo.csv").unlink()
    with pytest.raises(DataError, match=r"dev_sent_emo\.csv is absent"):
        meld.load(small, SplitConfig())


def test_an_unknown_emotion_never_reaches_the_disk(small: Path, tmp_path: Path) -> None:
    write_table(small, "test", [row(0, 0, emotion="joi"), row(38, 4)])
    with pytest.raises(DataError, match="unknown emotion 'joi'; did you mean 'joy'"):
        prepare("meld", small, tmp_path / "utterances.parquet")
    assert not (tmp_path / "utterances.parquet").exists()


def test_the_official_release(shared: Path, tmp_path: Path) -> None:
    prepare("meld", shared / "meld", tmp_path / "utterances.parquet")
    frame = read_corpus(tmp_path / "utterances.parquet").utterances
    assert frame.groupby("split").size().to_dict() == {
        "train": 9989,
        "validation": 1109,
        "test": 2610,
    }
    assert frame.groupby("split")["emotion"].value_counts()["test", "neutral"] == 1256
    assert frame["dialogue_id"].nunique() == 1432
    assert "train_dia60" not in set(frame["dialogue_id"])
    assert not frame["text"].str.contains("[\x80-\x9f]|â€|  ").any()


def test_the_corpora_are_known_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown corpus 'medl'; did you mean 'meld'"):
        prepare("medl", tmp_path, tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"meld: .*nowhere is not a folder"):
        prepare("meld", tmp_path / "nowhere", tmp_path / "t.parquet")
