"""EmoryNLP: its files, what is odd in them, its download."""

from pathlib import Path
from typing import Any

import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora import emorynlp
from ariigcn.corpora.acquire import transfer
from ariigcn.corpora.acquire.download import RemoteFile
from ariigcn.corpora.checks.check import inspect
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.registry import prepare, table_files
from ariigcn.corpora.table import read_corpus
from tests.corpora.text_releases import Scenes, emory_file, emory_parts, obtained, said
from tests.corpora.unreliable_server import Behaviour, serving

SCENES: dict[str, Scenes] = {
    "train": {
        "s01_e02_c01": [
            said(2, "Yeah, right!.......Y'serious?", emotion="Neutral"),
            said(3, "Oh, yeah!", "Phoebe Buffay"),
            said(7, "That\u00e2\u20ac\u2122s  it.", "Rachel Green", emotion=" powerful "),
        ],
        "s01_e02_c02": [said(1), said(2, "Hi!", "Ross Geller", "Monica Geller")],
        "s02_e01_c01": [said(1, "No.", "joey tribbiani", emotion="Mad")],
    },
    "validation": {
        "s01_e15_c01": [said(1, ""), said(2, "What?", speakers=[], emotion=None), said(3)]
    },
    "test": {"s01_e01_c01": [said(1, "Hi.", "Monica Geller", "Ross Geller", emotion="Scared")]},
}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An EmoryNLP of ten utterances."""
    monkeypatch.setattr(emorynlp, "PARTS", emory_parts(SCENES))
    for part in emorynlp.PARTS:
        (tmp_path / part.file).write_bytes(emory_file(SCENES[part.split]))
    return tmp_path


def test_a_table_survives_the_round_trip(small: Path, tmp_path: Path) -> None:
    prepare("emorynlp", small, tmp_path / "utterances.parquet")
    corpus = read_corpus(tmp_path / "utterances.parquet")
    assert set(corpus.sources) == {part.file for part in emorynlp.PARTS}
    train = corpus.utterances[corpus.utterances["split"] == "train"]
    assert train["utterance_id"].tolist() == [
        *("s01_e02_c01_u002", "s01_e02_c01_u003", "s01_e02_c01_u007"),
        *("s01_e02_c02_u001", "s01_e02_c02_u002", "s02_e01_c01_u001"),
    ]
    assert train["position"].tolist() == [0, 1, 2, 0, 1, 0]
    assert train["emotion"].tolist() == [
        *("neutral", "joyful", "powerful", "joyful", "joyful", "mad")
    ]
    assert train["text"].iloc[2] == "That\u2019s it."
    assert set(train["dialogue_id"]) == {"s01_e02_c01", "s01_e02_c02", "s02_e01_c01"}
    assert corpus.utterances["split"].unique().tolist() == ["train", "validation", "test"]
    assert corpus.utterances["media"].isna().all()


def test_what_is_odd_is_counted_and_told(small: Path) -> None:
    corpus = emorynlp.load(small, SplitConfig())
    assert corpus.notes == (
        "train: 1 utterance(s) have several speakers, who count as one of their own, first "
        "s01_e02_c02_u002",
        "train: 1 utterance(s) had a wrong encoding, which was repaired, first s01_e02_c01_u007",
        "validation: 1 utterance(s) have no words; their text is missing, first s01_e15_c01_u001",
        "validation: 1 utterance(s) have no emotion; they are context, first s01_e15_c01_u002",
        "validation: 1 utterance(s) name no speaker; they are 'unknown', first s01_e15_c01_u002",
        "test: 1 utterance(s) have several speakers, who count as one of their own, first "
        "s01_e01_c01_u001",
        "1 utterance(s) spell their speaker with other capitals than most do, first "
        "s02_e01_c01_u001; they are spelt alike",
    )
    speakers = corpus.utterances.set_index("utterance_id")["speaker"]
    together = {speakers["s01_e02_c02_u002"], speakers["s01_e01_c01_u001"]}
    assert together == {"Monica Geller and Ross Geller"}  # in whatever order a file has them
    assert speakers["s02_e01_c01_u001"] == "Joey Tribbiani"


def test_the_check_finds_no_defect(small: Path) -> None:
    assert inspect("emorynlp", small).sound


def test_another_release_is_refused(small: Path) -> None:
    (small / "emotion-detection-tst.json").write_bytes(emory_file(SCENES["validation"]))
    with pytest.raises(DataError, match=r"emotion-detection-tst\.json: 3 utterances, expected 1"):
        emorynlp.load(small, SplitConfig())
    (small / "emotion-detection-tst.json").write_bytes(emory_file({}))
    with pytest.raises(DataError, match=r"0 episodes, expected 1.*\n.*0 scenes, expected 1"):
        emorynlp.load(small, SplitConfig())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "not a file of the release; get it again"),
        (b"{}", "episodes: is missing"),
        (
            emory_file({"s01_e01_c01": [said(1, speakers="Joey")]}),
            "utterances.0.speakers: write a list",
        ),
        (None, "emotion-detection-dev.json is absent from"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(
    small: Path, content: bytes | None, message: str
) -> None:
    path = small / "emotion-detection-dev.json"
    path.write_bytes(content) if content is not None else path.unlink()
    with pytest.raises(DataError, match=message):
        emorynlp.load(small, SplitConfig())


def test_an_unknown_emotion_never_reaches_the_disk(small: Path, tmp_path: Path) -> None:
    wrong = {"s01_e01_c01": [said(1, emotion="Scarred")]}
    (small / "emotion-detection-tst.json").write_bytes(emory_file(wrong))
    with pytest.raises(DataError, match="unknown emotion 'scarred'; did you mean 'scared'"):
        prepare("emorynlp", small, tmp_path / "utterances.parquet")


def test_every_file_that_is_read_decides_the_table(small: Path) -> None:
    assert table_files(small) == sorted(str(small / part.file) for part in emorynlp.PARTS)


def obtain(tmp_path: Path, **config: Any) -> dict[str, Any]:
    return obtained(emorynlp, tmp_path, **config)


def test_a_download_is_read_and_the_same_again_is_held_to_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(emorynlp, "PARTS", emory_parts(SCENES))
    parts = {part.file: emory_file(SCENES[part.split]) for part in emorynlp.PARTS}
    served = {name: Behaviour.of(data, cut_after=[100]) for name, data in parts.items()}
    with serving(**served) as server:
        monkeypatch.setattr(
            emorynlp,
            "FILES",
            tuple(RemoteFile(name, (f"{server}/gone", f"{server}/{name}")) for name in parts),
        )
        first = obtain(tmp_path)
        assert set(first["tables"]) == set(parts)
        assert len(emorynlp.load(tmp_path / "raw", SplitConfig()).utterances) == 10
        assert obtain(tmp_path) == first
        assert all(len(file.requests) == 2 for file in served.values())  # one cut, nothing again
    changed = tmp_path / "download" / "emotion-detection-trn.json"
    changed.write_bytes(changed.read_bytes() + b" ")
    with pytest.raises(DataError, match=r"sha256 is [0-9a-f]{64}, expected [0-9a-f]{64}"):
        obtain(tmp_path)


def test_the_official_sizes_are_those_of_the_paper() -> None:
    sizes = [(part.episodes, part.scenes, part.utterances) for part in emorynlp.PARTS]
    assert tuple(map(sum, zip(*sizes, strict=True))) == (97, 897, 12_606)
    for file in emorynlp.FILES:
        assert all(a.startswith("https://") and a.endswith(f"/{file.name}") for a in file.addresses)
