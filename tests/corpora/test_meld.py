"""MELD: its tables, its clips, its known defects."""

import csv
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora import meld
from ariigcn.corpora.checks.check import inspect
from ariigcn.corpora.config import MeldConfig, SplitConfig
from ariigcn.corpora.registry import prepare
from ariigcn.corpora.table import read_corpus
from tests.features.make_clips import grey_frames, write_video

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


def test_clips_behind_a_link_that_leads_out_are_refused_before_anything_is_made(
    small: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    disk = tmp_path_factory.mktemp("disk")
    (disk / "train_splits").mkdir()
    (disk / "train_splits" / "dia0_utt0.mp4").touch()
    (small / "train_splits").symlink_to(disk / "train_splits")
    for use in (
        lambda: prepare("meld", small, small / "t.parquet"),
        lambda: inspect("meld", small),
    ):
        with pytest.raises(DataError, match=r"(?s)media lead out of .*dia0_utt0\.mp4 leads to"):
            use()
    for table in small.glob("*.csv"):
        (disk / table.name).symlink_to(table)
    (small / "link").symlink_to(disk)
    for root in (disk, small / "link"):
        prepare("meld", root, tmp_path_factory.mktemp("out") / "t.parquet")


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
    assert "train_sent_emo.csv: 1 utterances, expected 4" in str(error.value)
    assert "train_sent_emo.csv: 1 dialogues, expected 2" in str(error.value)
    assert "dev_sent_emo.csv: 1 dialogues, expected 2" in str(error.value)


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


def test_the_sentiments_are_another_label_set(small: Path) -> None:
    corpus = meld.load(small, SplitConfig(), MeldConfig(labels="sentiment"))
    assert corpus.labels == ("negative", "neutral", "positive")
    assert set(corpus.utterances["emotion"]) == {"positive"}
    assert corpus.extra == {"label_set": "sentiment"}


def test_a_clip_far_longer_than_its_subtitle_is_left_out(small: Path) -> None:
    folder = small / "train_splits"
    folder.mkdir()
    for name in ("dia0_utt0", "dia125_utt0"):
        (folder / f"{name}.mp4").write_bytes(bytes(1000))
    # 40 s under a subtitle of 5.7 s, in a file whose size gives it away.
    long = write_video(folder / "dia0_utt1.mp4", grey_frames(1000, side=16))
    assert long.stat().st_size > 4000
    corpus = meld.load(small, SplitConfig())
    media = corpus.utterances.set_index("utterance_id")["media"].dropna()
    assert set(media.index) == {"train_dia0_utt0", "train_dia125_utt0"}
    assert (
        "train_dia0_utt1: its clip is cut wrongly, 40 s long, but its subtitle is shown for 5.7 s; "
        "its audio and video are missing"
    ) in corpus.notes
    assert not any("have no clip" in note for note in corpus.notes if note.startswith("train"))


def test_subtitles_tell_how_long_clips_should_be(small: Path) -> None:
    write_table(small, "dev", [row(0, 0), row(110, 7).replace("00:16:21,731", "00:16:00,000")])
    lengths = meld.expected_lengths(small)
    assert lengths["dev_dia0_utt0"] == pytest.approx(5.672)
    assert "dev_dia110_utt7" not in lengths


def write_full_size(root: Path) -> None:
    """Tables and clips as many as the real ones, texts of their length; the clips are empty."""
    rng = np.random.default_rng(0)
    for part in meld.PARTS:
        folder = root / part.clips
        folder.mkdir()
        cuts = np.sort(rng.choice(np.arange(1, part.utterances), part.dialogues - 1, replace=False))
        sizes = np.diff([0, *cuts, part.utterances])
        with (root / f"{part.name}_sent_emo.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(HEADER.split(","))
            for dialogue, size in enumerate(sizes):
                for number in range(size):
                    text = " ".join(["don\x92t", "you", "know?"] * 4)
                    emotion = meld.LABELS["emotion"][int(rng.integers(7))]
                    times = ["00:16:16,059", "00:16:21,731"]
                    writer.writerow(
                        [1, text, "Ross", emotion, "neutral", dialogue, number, 8, 21, *times]
                    )
                    (folder / f"dia{dialogue}_utt{number}.mp4").touch()


@pytest.mark.timeout(120)
def test_a_release_of_real_size_is_read_in_seconds(tmp_path: Path) -> None:
    """13,708 rows and clips: under 20 s and, this process over, under 1 GB."""
    write_full_size(tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    prepare("meld", tmp_path, tmp_path / "utterances.parquet")
    assert time.monotonic() - started < 20
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 1_000_000
    frame = read_corpus(tmp_path / "utterances.parquet").utterances
    assert len(frame) == 13_708
    assert frame["media"].notna().sum() >= 13_700


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
    lengths = meld.expected_lengths(shared / "meld")
    assert len(lengths) > 13_600
    assert 2 < np.median(list(lengths.values())) < 3


def test_the_official_sentiments(shared: Path) -> None:
    corpus = meld.load(shared / "meld", SplitConfig(), MeldConfig(labels="sentiment"))
    test = corpus.utterances[corpus.utterances["split"] == "test"]
    assert test["emotion"].value_counts().to_dict() == {
        "neutral": 1256,
        "negative": 833,
        "positive": 521,
    }


def test_the_corpora_are_known_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown corpus 'medl'; did you mean 'meld'"):
        prepare("medl", tmp_path, tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"meld: .*nowhere is not a folder"):
        prepare("meld", tmp_path / "nowhere", tmp_path / "t.parquet")
