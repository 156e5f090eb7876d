"""IEMOCAP: its layout, its labels, its sides, its folds, and everything that is odd in it."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora import iemocap
from ariigcn.corpora.config import IemocapConfig, SplitConfig
from ariigcn.corpora.registry import prepare
from ariigcn.corpora.table import Corpus, check_corpus, read_corpus
from ariigcn.features.clips import clips_of
from ariigcn.features.media.frames import sample_frames
from ariigcn.features.media.sound import read_audio
from tests.corpora.iemocap_tree import write_dialogue, write_tree


@pytest.fixture(autouse=True)
def two_dialogues_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iemocap, "DIALOGUES", dict.fromkeys(range(1, 6), 2))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tree(tmp_path_factory.mktemp("iemocap"))


@pytest.fixture
def own_tree(tree: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(tree, tmp_path / "tree"))


def read(tree: Path, **options: object) -> Corpus:
    corpus = iemocap.load(tree, SplitConfig(), IemocapConfig(**options))
    check_corpus(corpus)
    return corpus


def test_turns_come_in_the_order_they_start_with_text_speaker_and_label(tree: Path) -> None:
    rows = read(tree).utterances.iloc[:7]
    assert rows["utterance_id"].str.removeprefix("Ses01F_impro01_").tolist() == [
        "F000", "M000", "MXX0", "F001", "M001", "F002", "M002",
    ]  # fmt: skip
    assert rows["speaker"].tolist() == [
        "Ses01_F",
        "Ses01_M",
        "Ses01_M",
        *["Ses01_F", "Ses01_M"] * 2,
    ]
    assert rows["text"].tolist()[:3] == ["Excuse me.", "I don’t know.", "Mhm."]  # noqa: RUF001
    assert rows["emotion"].fillna("-").tolist() == [
        "neutral", "-", "-", "excited", "-", "frustrated", "-",
    ]  # fmt: skip
    assert rows["position"].tolist() == list(range(7))
    assert rows["start_s"].tolist()[:2] == [0.25, 1.5]


@pytest.mark.parametrize(
    ("labels", "count", "expected"),
    [
        ("6-way", 6, {"neutral", "excited", "frustrated"}),
        ("4-way", 4, {"neutral", "happy"}),
        ("all", 9, {"neutral", "excited", "frustrated", "fearful"}),
    ],
)
def test_label_sets(tree: Path, labels: str, count: int, expected: set[str]) -> None:
    corpus = read(tree, labels=labels)
    assert len(corpus.labels) == count
    assert set(corpus.utterances["emotion"].dropna()) == expected


def test_each_actor_is_seen_on_a_side_and_heard_in_a_file_of_the_turn(tree: Path) -> None:
    corpus = read(tree)
    rows = corpus.utterances.set_index("utterance_id")
    assert rows.loc["Ses01F_impro01_F000", "video_side"] == "left"
    assert rows.loc["Ses01F_impro01_M000", "video_side"] == "right"
    assert rows.loc["Ses01M_script01_1b_M000", "video_side"] == "left"
    clips = {clip.utterance_id: clip for clip in clips_of(corpus, tree)}
    for name, grey in (("Ses01F_impro01_F000", 40), ("Ses01F_impro01_M000", 210)):
        frames = sample_frames(clips[name], 2)
        assert frames[0].shape == (48, 48, 3)
        assert abs(float(np.mean(frames)) - grey) < 6
        assert len(read_audio(clips[name])) == pytest.approx(0.6 * 16000, abs=16)
    other = read(tree, marked_actor="right").utterances.set_index("utterance_id")
    assert other.loc["Ses01F_impro01_F000", "video_side"] == "right"


def test_what_is_missing_is_null_and_noted(tree: Path) -> None:
    corpus = read(tree)
    rows = corpus.utterances.set_index("utterance_id")
    assert pd.isna(rows.loc["Ses01F_impro01_F001", "audio"])
    assert pd.isna(rows.loc["Ses01F_impro01_MXX0", "audio"])
    assert rows.loc[rows["media"].isna(), "dialogue_id"].unique().tolist() == ["Ses02M_script01_1b"]
    notes = "\n".join(corpus.notes)
    assert "1 labelled turn(s) have no wav: Ses01F_impro01_F001" in notes
    assert "1 dialogue(s) have no video: Ses02M_script01_1b" in notes
    assert "40 turns are context only: 10 fea, 10 no label, 10 oth, 10 xxx" in notes


@pytest.mark.parametrize("session", [1, 5])
def test_a_fold_tests_one_session_and_validates_on_whole_dialogues(
    tree: Path, session: int
) -> None:
    corpus = read(tree, test_session=session)
    splits = corpus.utterances.groupby("dialogue_id")["split"].first()
    assert set(splits.index[splits == "test"].str[4]) == {str(session)}
    assert splits.value_counts().to_dict() == {"train": 7, "test": 2, "validation": 1}
    chosen = splits.index[splits == "validation"][0]
    assert any("seed 0" in note and chosen in note for note in corpus.notes)
    by_split = corpus.utterances.groupby("split")["speaker"].agg(set)
    assert not by_split["test"] & (by_split["train"] | by_split["validation"])


def test_an_actor_in_training_and_test_is_refused() -> None:
    table = pd.DataFrame({"speaker": ["Ses05_F", "Ses05_F"], "split": ["train", "test"]})
    with pytest.raises(DataError, match="Ses05_F would be in training and in test"):
        iemocap.check_speakers(table)


def test_the_table_survives_the_round_trip(tree: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        prepare("iemocap", tree, tmp_path / name, options={"labels": "4-way"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    corpus = read_corpus(tmp_path / "a")
    assert corpus.extra == {"label_set": "4-way", "test_session": 5, "validation": "dialogues"}
    assert set(corpus.utterances["video_side"]) == {"left", "right"}


def test_a_list_decides_which_turns_count(tree: Path, tmp_path: Path) -> None:
    plain = tmp_path / "list.txt"
    plain.write_text("Ses01F_impro01_F000\nSes01F_impro01_M000\n\n")
    rows = read(tree, utterance_list=plain).utterances
    assert rows.loc[rows["emotion"].notna(), "utterance_id"].tolist() == ["Ses01F_impro01_F000"]
    table = tmp_path / "list.csv"
    table.write_text("utterance_id,emotion\nSes01F_impro01_F000,neutral\nSes01F_impro01_M000,hap\n")
    corpus = read(tree, utterance_list=table)
    assert corpus.utterances["emotion"].dropna().tolist() == ["neutral", "happy"]
    assert any("1 of these labels differ from the release's" in note for note in corpus.notes)
    corpus.utterances.to_parquet(tmp_path / "list.parquet")
    again = read(tree, utterance_list=tmp_path / "list.parquet").utterances
    assert again["emotion"].dropna().tolist() == ["neutral", "happy"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("l.txt", "Ses09F_impro01_F000\n", r"1 of its 1 utterances are not in IEMOCAP: Ses09F"),
        ("l.parquet", "no parquet", "cannot be read as parquet"),
        ("l.csv", "id\nSes01F_impro01_F000\n", "no column utterance_id; it has id"),
        ("l.csv", "utterance_id,emotion\nSes01F_impro01_F000,hapy\n", "did you mean 'happy'"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(
    tree: Path, tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        read(tree, utterance_list=tmp_path / name)


def test_everything_absent_is_named_and_how_the_corpus_is_requested(
    own_tree: Path, tmp_path: Path
) -> None:
    shutil.rmtree(own_tree / "Session3")
    shutil.rmtree(own_tree / "Session4/sentences/wav")
    shutil.rmtree(own_tree / "Session2/dialog/avi")
    (own_tree / "Session5/dialog/EmoEvaluation/Ses05F_impro01.txt").unlink()
    with pytest.raises(DataError) as error:
        read(own_tree)
    told = str(error.value)
    assert "https://sail.usc.edu/iemocap/" in told
    assert "no folder Session3" in told
    assert "Session4/sentences/wav/Ses*: nothing there" in told
    assert "Session2/dialog/avi/DivX/Ses*.avi: nothing there" in told
    assert "Session5/dialog/EmoEvaluation/Ses*.txt: 1 files, expected 2" in told
    with pytest.raises(DataError, match="no folder Session1"):
        read(tmp_path)


def test_the_release_without_videos_is_read_too(own_tree: Path) -> None:
    for session in range(1, 6):
        shutil.rmtree(own_tree / f"Session{session}/dialog/avi")
    corpus = read(own_tree)
    assert corpus.utterances["media"].isna().all()
    assert "no dialogue has a video: this is the release without videos" in corpus.notes


def test_files_that_do_not_fit_together_are_noted(own_tree: Path) -> None:
    spoken = own_tree / "Session1/dialog/transcriptions/Ses01M_script01_1b.txt"
    kept = [line for line in spoken.read_text("latin-1").splitlines() if "_F000" not in line]
    kept.append("Ses01M_impro07_F000 [000.1-000.2]: elsewhere")
    spoken.write_text("\n".join(kept), "latin-1")
    corpus = read(own_tree)
    rows = corpus.utterances.set_index("utterance_id")
    assert pd.isna(rows.loc["Ses01M_script01_1b_F000", "text"])
    assert rows.loc["Ses01M_script01_1b_F000", "emotion"] == "neutral"
    assert "Ses01M_impro07_F000" not in rows.index
    assert corpus.notes[:3] == (
        "Ses01M_script01_1b: Ses01M_impro07_F000 is left out, not a turn of it",
        "Ses01M_script01_1b: Ses01M_script01_1b_F000 has no transcription",
        "the encoding of 10 transcription(s) was repaired",
    )


def test_damaged_text_files_are_named(own_tree: Path) -> None:
    write_dialogue(own_tree, "Ses01F_impro01", [("F000", 0.0, 1.0, "joy", "Hi.")])
    with pytest.raises(DataError, match=r"EmoEvaluation/Ses01F_impro01.txt: unknown label 'joy'"):
        read(own_tree)
    (own_tree / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt").write_text("")
    (own_tree / "Session1/dialog/transcriptions/Ses01F_impro01.txt").write_text("M: [BREATHING]")
    with pytest.raises(DataError, match=r"transcriptions/Ses01F_impro01.txt: no turn in it"):
        read(own_tree)


@pytest.mark.parametrize(("test_session", "held_out"), [(5, 4), (1, 5)])
def test_a_whole_session_may_validate(tree: Path, test_session: int, held_out: int) -> None:
    corpus = read(tree, validation="session", test_session=test_session)
    rows = corpus.utterances
    assert set(rows.loc[rows["split"] == "validation", "dialogue_id"].str[4]) == {str(held_out)}
    speakers = rows.groupby("split")["speaker"].agg(set)
    assert not speakers["validation"] & (speakers["train"] | speakers["test"])
    assert corpus.extra["validation"] == "session"
    assert any(
        note.startswith(f"validation cut here: session {held_out}, ") for note in corpus.notes
    )


def test_validation_cut_by_dialogue_says_that_training_hears_its_speakers(tree: Path) -> None:
    notes = read(tree).notes
    assert any("speakers are also in training, against 0 of the test split's 2" in n for n in notes)


def test_a_speaker_of_the_validation_session_may_speak_nowhere_else(tree: Path) -> None:
    rows = read(tree, validation="session").utterances
    iemocap.check_speakers(rows, "session")
    rows.loc[rows["dialogue_id"].str[4] == "3", "speaker"] = "Ses04_F"
    with pytest.raises(DataError, match="Ses04_F would be in training and in validation"):
        iemocap.check_speakers(rows, "session")
