"""DailyDialog: its files, what is odd in them, its download."""

import hashlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora import dailydialog
from ariigcn.corpora.acquire import transfer
from ariigcn.corpora.checks.check import inspect
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.registry import prepare, table_files
from ariigcn.corpora.table import read_corpus
from tests.corpora.text_releases import Lines, daily_archive, daily_files, daily_parts, obtained
from tests.corpora.unreliable_server import Behaviour, serving

PARTS: dict[str, Lines] = {
    "train": [
        ("Say , Jim , how about a few beers ?|You know that is bad .|Why ?", "0 0 6"),
        ("I ' m sad .|Don \u2019 t be .", "5 0"),
        ("Hi .|Hello .", "0 4"),
    ],
    "validation": [("Get out !|Why ?", "1 0"), ("Get out !|Why ?", "1 0")],
    "test": [("Hi .|Hello .", "0 0"), ("A ghost .|Yuck .", "3 2")],
}


def write(root: Path, part: str, lines: Lines) -> None:
    for name, data in daily_files(part, lines).items():
        (root / part).mkdir(parents=True, exist_ok=True)
        (root / part / name).write_bytes(data)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DailyDialog of seven dialogues."""
    monkeypatch.setattr(dailydialog, "PARTS", daily_parts(PARTS))
    for part, lines in PARTS.items():
        write(tmp_path, part, lines)
    return tmp_path


def test_a_table_survives_the_round_trip(small: Path, tmp_path: Path) -> None:
    prepare("dailydialog", small, tmp_path / "utterances.parquet")
    corpus = read_corpus(tmp_path / "utterances.parquet")
    assert "test/dialogues_emotion_test.txt" in corpus.sources and len(corpus.sources) == 6
    train = corpus.utterances[corpus.utterances["split"] == "train"]
    assert train["utterance_id"].tolist()[:4] == [
        "train_0_0",
        "train_0_1",
        "train_0_2",
        "train_1_0",
    ]
    assert train["speaker"].tolist() == ["A", "B", "A", "A", "B", "A", "B"]
    assert train["emotion"].tolist()[2:4] == ["surprise", "sadness"]
    assert train["text"].iloc[0] == "Say , Jim , how about a few beers ?"
    test = corpus.utterances[corpus.utterances["split"] == "test"]
    assert test["emotion"].tolist() == ["neutral", "neutral", "fear", "disgust"]


def test_dialogues_that_stand_twice_or_are_in_training_are_told(small: Path) -> None:
    assert dailydialog.load(small, SplitConfig()).notes == (
        "validation: 1 dialogue(s) repeat another one word for word",
        "test: 1 dialogue(s), 2 utterance(s), are word for word in train, too: scores on them are "
        "too high",
    )
    assert inspect("dailydialog", small).sound


def test_a_dialogue_whose_labels_cannot_be_told_apart_is_context(small: Path) -> None:
    write(small, "train", [*PARTS["train"][:2], ("Hi .||Bye .", "0 4")])
    write(small, "test", [("Don\u00e2\u20ac\u2122t .|", "1 0"), ("Yes .", "0")])
    corpus = dailydialog.load(small, SplitConfig())
    frame = corpus.utterances.set_index("dialogue_id")
    assert frame.loc["train_2", "emotion"].isna().all() and len(frame.loc["train_2"]) == 3
    assert frame.loc["test_0", "text"].fillna("").tolist() == ["Don\u2019t .", ""]
    assert corpus.notes[:3] == (
        "train: 8 utterances, the official release has 7",
        "train: 1 dialogue(s) have another number of emotions than of utterances, first train_2; "
        "their utterances are context without a label",
        "train: 1 utterance(s) have no words, first in train_2",
    )
    assert "test: the encoding of 1 utterance(s) was repaired" in corpus.notes


def test_a_line_may_lack_its_last_end_and_hold_what_unicode_calls_a_line_break(small: Path) -> None:
    path = small / "test" / "dialogues_test.txt"
    path.write_text(
        "Hi\u2028there . __eou__ Hello .\r\nYes . __eou__ No . __eou__\r\n\r\n", newline=""
    )
    frame = dailydialog.load(small, SplitConfig()).utterances
    assert frame["text"].tolist()[-4:] == ["Hi there .", "Hello .", "Yes .", "No ."]


def test_another_release_is_refused(small: Path) -> None:
    write(small, "test", PARTS["test"][:1])
    with pytest.raises(DataError, match=r"dialogues_test\.txt: 1 dialogues, expected 2"):
        dailydialog.load(small, SplitConfig())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0 0 \n", r"1 lines, but dialogues_test\.txt has 2"),
        ("0 0 \n0 7 \n", r"dialogues_emotion_test\.txt, line 2: '7' is not a number from 0 to 6"),
        (None, r"dialogues_emotion_test\.txt is absent .* unpack test\.zip of the release"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(small: Path, content: str | None, message: str) -> None:
    path = small / "test" / "dialogues_emotion_test.txt"
    path.write_text(content) if content is not None else path.unlink()
    with pytest.raises(DataError, match=message):
        dailydialog.load(small, SplitConfig())


def test_files_without_folders_are_found_and_every_file_decides_the_table(small: Path) -> None:
    before = dailydialog.load(small, SplitConfig())
    for path in list(small.glob("*/dialogues_*.txt")):
        path.rename(small / path.name)
    assert dailydialog.load(small, SplitConfig()).utterances.equals(before.utterances)
    read = {path.name for part in dailydialog.PARTS for path in small.glob(f"*_{part.name}.txt")}
    assert {Path(path).name for path in table_files(small)} == read


def obtain(tmp_path: Path, **config: Any) -> dict[str, Any]:
    return obtained(dailydialog, tmp_path, **config)


def test_a_download_passes_by_a_parked_site_and_is_unpacked_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer.time, "sleep", lambda seconds: None)
    data = daily_archive(PARTS)
    digest = hashlib.sha256(data).hexdigest()
    parked, archive = Behaviour.of(b"<html>for sale</html>"), Behaviour.of(data, cut_after=[200])
    monkeypatch.setattr(dailydialog, "PARTS", daily_parts(PARTS))
    with serving(parked=parked, archive=archive) as server:
        known = {"size": len(data), "sha256": digest}
        addresses = (f"{server}/parked", f"{server}/archive")
        file = replace(dailydialog.ARCHIVE, addresses=addresses, **known)
        monkeypatch.setattr(dailydialog, "ARCHIVE", file)
        said = obtain(tmp_path)
        assert obtain(tmp_path) == said
        assert len(archive.requests) == 2
    assert said["archive"] == digest
    assert said["members"] == {"unpacked": 6, "left_out": {"other": 8}}
    assert len(dailydialog.load(tmp_path / "raw", SplitConfig()).utterances) == 15
    assert sorted(p.name for p in (tmp_path / "raw" / "test").iterdir()) == [
        *("dialogues_emotion_test.txt", "dialogues_test.txt")
    ]


def test_a_copy_packed_anew_is_refused_unless_it_is_declared(tmp_path: Path) -> None:
    (tmp_path / "ijcnlp_dailydialog.zip").write_bytes(daily_archive(PARTS))
    with pytest.raises(DataError, match="bytes, expected 4475921"):
        obtain(tmp_path, offline=str(tmp_path))
    assert obtain(tmp_path, offline=str(tmp_path), digests="recorded")["members"]["unpacked"] == 6


def test_the_official_sizes_are_those_of_the_paper() -> None:
    sizes = [(part.dialogues, part.utterances) for part in dailydialog.PARTS]
    assert tuple(map(sum, zip(*sizes, strict=True))) == (13_118, 102_979)
    assert all(a.endswith(f"/{dailydialog.ARCHIVE.name}") for a in dailydialog.ARCHIVE.addresses)


def test_a_release_of_real_size_is_read_in_seconds(tmp_path: Path) -> None:
    """102,979 utterances in dialogues of the official number: under 20 s."""
    for part in dailydialog.PARTS:
        long, rest = divmod(part.utterances, part.dialogues)
        lines = [
            ("|".join([f"{n} : how about a few beers after dinner ?"] * size), " ".join("0" * size))
            for n in range(part.dialogues)
            for size in [long + (n < rest)]
        ]
        write(tmp_path, part.name, lines)
    started = time.monotonic()
    prepare("dailydialog", tmp_path, tmp_path / "utterances.parquet")
    assert time.monotonic() - started < 20
    assert len(read_corpus(tmp_path / "utterances.parquet").utterances) == 102_979
