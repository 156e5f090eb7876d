"""`ariigcn corpus check` and `init`: every planted defect is on the page, and the exit code tells."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.corpora import iemocap, meld
from ariigcn.corpora.checks.check import Inspection, inspect
from ariigcn.corpora.checks.page import render
from tests.corpora.iemocap_tree import write_tree
from tests.corpora.test_meld import row, write_table
from tests.features.make_clips import grey_frames, tone, write_video, write_wav

# Two dialogues a split; every clip is 0.8 s unless planted otherwise, its subtitle too.
KEYS = {
    "train": [(0, 0), (0, 1), (0, 2), (0, 3), (125, 0), (125, 3)],
    "dev": [(0, 0), (110, 7)],
    "test": [(0, 0), (38, 4)],
}


def page(inspection: Inspection) -> str:
    console = Console(width=80)
    with console.capture() as captured:
        render(inspection, console)
    return captured.get()


def test_labels_that_look_like_markup_are_shown_as_they_are(tmp_path: Path) -> None:
    labels = ("[laughs]", "[/joy]", ":joy:", "joy")
    rows = [f"d{d},d{d}_{n},A,words,{label}" for d in range(5) for n, label in enumerate(labels)]
    head = "dialogue_id,utterance_id,speaker,text,emotion"
    (tmp_path / "conversations.csv").write_text("\n".join([head, *rows]) + "\n")
    done = CliRunner().invoke(app, ["corpus", "check", "folder", "--root", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert all(f" {label} " in done.output for label in labels)


def found(inspection: Inspection) -> dict[str, tuple[str, ...]]:
    return {f.what: f.utterances for f in inspection.findings}


def meld_row(dialogue: int, number: int) -> str:
    text = "You\x92ve  won." if number == 0 else "I see."
    emotion = "joy" if number == 0 else "anger"
    return row(dialogue, number, text, emotion).replace("00:16:21,731", "00:16:16,859")


@pytest.fixture
def meld_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """MELD's layout, whole: ten utterances, real clips, what the release is known to lack."""
    parts = tuple(replace(p, utterances=len(KEYS[p.name]), dialogues=2) for p in meld.PARTS)
    monkeypatch.setattr(meld, "PARTS", parts)
    for part in meld.PARTS:
        write_table(tmp_path, part.name, [meld_row(*key) for key in KEYS[part.name]])
        (tmp_path / part.clips).mkdir()
        for dialogue, number in KEYS[part.name]:
            if (part.name, dialogue) != ("dev", 110):
                clip = tmp_path / part.clips / f"dia{dialogue}_utt{number}.mp4"
                write_video(clip, grey_frames(20), tone(0.8))
    return tmp_path


def test_a_whole_release_is_sound_for_all_its_known_defects(meld_tree: Path) -> None:
    inspection = inspect("meld", meld_tree)
    assert inspection.sound
    assert found(inspection) == {
        "known to be unusable": ("train_dia125_utt3", "dev_dia110_utt7", "test_dia38_utt4")
    }
    told = page(inspection)
    assert max(map(len, told.splitlines())) <= 80
    for line in ("joy", "7 files; sound: 7 with 1 channel(s)", "The corpus has no defects."):
        assert line in told
    assert "train: the encoding of 2 text(s) was repaired" in told


def test_every_planted_defect_is_on_the_page(meld_tree: Path) -> None:
    clips = meld_tree / "train_splits"
    (clips / "dia0_utt0.mp4").unlink()
    whole = (clips / "dia0_utt1.mp4").read_bytes()
    (clips / "dia0_utt1.mp4").write_bytes(whole[: len(whole) // 2])
    write_video(clips / "dia0_utt2.mp4", grey_frames(50))
    surround = [np.zeros(9600, np.float32)] * 6
    write_wav(clips / "dia0_utt3.wav", surround, "5.1").rename(clips / "dia0_utt3.mp4")
    write_video(clips / "dia125_utt0.mp4", grey_frames(3), tone(0.1))
    (clips / "._dia0_utt1.mp4").write_bytes(b"\x00\x05\x16\x07")
    inspection = inspect("meld", meld_tree)
    assert not inspection.sound
    kinds = found(inspection)
    assert kinds["no usable media file"] == ("train_dia0_utt0",)
    broken = [what for what, names in kinds.items() if names == ("train_dia0_utt1",)]
    assert len(broken) == 1
    assert broken[0].startswith("media: cannot be decoded (")
    assert kinds["media: no audio track"] == ("train_dia0_utt2",)
    assert kinds["over 1 s off the length of its subtitle"] == ("train_dia0_utt2",)
    assert kinds["media: no video track"] == ("train_dia0_utt3",)
    assert kinds["shorter than 0.2 s"] == ("train_dia125_utt0",)
    told = page(inspection)
    assert "1 with 6 channel(s)" in told
    assert "1 file(s) in train_splits belong to no utterance" in told
    assert "The corpus has defects: 2 defect(s)." in told


def test_the_defects_of_iemocap_are_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iemocap, "DIALOGUES", dict.fromkeys(range(1, 6), 2))
    inspection = inspect("iemocap", write_tree(tmp_path), options={"labels": "all"})
    kinds = found(inspection)
    assert kinds["no usable audio file"] == ("Ses01F_impro01_F001",)
    assert kinds["no usable media file"][0] == "Ses02M_script01_1b_F000"
    decoding = [what for what in kinds if "cannot be decoded" in what]
    assert sorted(what.split(":")[0] for what in decoding) == ["audio", "media"]
    told = page(inspection)
    for note in ("._*", "the encoding of 10", "11 with 2 channel(s)", "fearful"):
        assert note in told
    assert "30 turns are context only: 10 no label, 10 oth, 10 xxx" in told


def test_a_span_past_its_recordings_end_is_a_defect(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", [tone(1.0)])
    (tmp_path / "conversations.csv").write_text(
        "dialogue_id,utterance_id,speaker,split,media,start_s,end_s\n"
        "a,a0,Ann,train,a.wav,0,0.5\na,a1,Ben,train,a.wav,0.5,1.0\n"
        "b,b0,Ann,train,a.wav,0.5,9\nc,c0,Ann,test,gone.wav,,\n"
    )
    inspection = inspect("folder", tmp_path)
    kinds = found(inspection)
    assert kinds["its span ends after its file"] == ("b0",)
    assert kinds["media: no such file"] == ("c0",)
    assert inspection.lengths["a1"] == pytest.approx(0.5)
    assert not inspection.sound


def labelled(folder: Path, rows: str) -> Path:
    """A corpus of one's own: a line is split, speaker and emotion of a dialogue's only utterance."""
    lines = [
        f"d{i},u{i},{speaker},Hi,{emotion},{split}"
        for i, (split, speaker, emotion) in enumerate(row.split(" ", 2) for row in rows.split("|"))
    ]
    header = "dialogue_id,utterance_id,speaker,text,emotion,split"
    (folder / "conversations.csv").write_text("\n".join([header, *lines]) + "\n")
    return folder


def test_a_corpus_without_labels_says_what_it_can_be_used_for(tmp_path: Path) -> None:
    labelled(tmp_path, "train Ann |train Ann |validation Ann |test Ann ")
    inspection = inspect("folder", tmp_path)
    assert inspection.sound
    told = " ".join(page(inspection).split())
    assert "You cannot train on it, but you can make features and graphs: none of the 2" in told
    assert "you can predict it: 4 conversation(s), 4 utterance(s), no labels" in told
    assert "has no defects" not in told
    checked = CliRunner().invoke(app, ["corpus", "check", "folder", "--root", str(tmp_path)])
    assert checked.exit_code == 0


def test_labels_in_test_alone_are_no_training(tmp_path: Path) -> None:
    labelled(tmp_path, "train Ann |train Ann |validation Ann |test Ann joy")
    inspection = inspect("folder", tmp_path)
    assert not inspection.sound
    told = " ".join(page(inspection).split())
    assert "You cannot train on it, but you can make features and graphs: none of the 2" in told
    assert "has no defects" not in told
    checked = CliRunner().invoke(app, ["corpus", "check", "folder", "--root", str(tmp_path)])
    assert checked.exit_code == 1


def test_one_label_alone_teaches_nothing(tmp_path: Path) -> None:
    labelled(tmp_path, "train Ann joy|train Ann joy|validation Ann joy|test Ann anger")
    told = inspect("folder", tmp_path).untrainable
    assert told == ("every label of the train split is 'joy'; two labels are the least",)


def test_splits_without_labels_say_what_they_cost(tmp_path: Path) -> None:
    labelled(tmp_path, "train Ann joy|train Ben anger|validation Ann |test Ann ")
    inspection = inspect("folder", tmp_path)
    assert inspection.sound
    told = " ".join(page(inspection).split())
    assert "utterances of the validation split has a label; give it one, or set" in told
    assert "of the test split has a label; give it one: nothing can be scored" in told


def test_labels_spelt_twice_and_labels_that_training_never_has_are_flagged(tmp_path: Path) -> None:
    labelled(
        tmp_path,
        "train Ann joy|train Ben joy|train Ann anger|train Ann Joy|validation Ann so  so"
        "|test Ben fear|test Ann fear|test Ben so so",
    )
    inspection = inspect("folder", tmp_path)
    kinds = found(inspection)
    assert kinds["labels that may be one: 'joy' (2), 'Joy' (1)"] == ("u3",)
    assert kinds["label 'fear': no training utterance has it"] == ("u5", "u6")
    assert kinds["labels that may be one: 'so  so' (1), 'so so' (1)"] == ("u7",)
    assert inspection.defects == 2


def test_a_speaker_spelt_twice_in_a_dialogue_is_a_notice(tmp_path: Path) -> None:
    (tmp_path / "conversations.csv").write_text(
        "dialogue_id,utterance_id,speaker,text,emotion\n"
        "a,a0,Ann,Hi,joy\na,a1,ann,Hi,anger\na,a2,Ann,Hi,joy\nb,b0,Ben,Hi,joy\nb,b1,Bo,Hi,joy\n"
        "c,c0,ben,Hi,anger\nd,d0,Ann,Hi,anger\nd,d1,Ann,Hi,joy\n"
    )
    inspection = inspect("folder", tmp_path)
    assert found(inspection)["speakers that may be one: 'Ann' (2), 'ann' (1)"] == ("a1",)
    assert not inspection.defects


def test_the_template_is_a_sound_corpus_and_is_never_overwritten(tmp_path: Path) -> None:
    run = CliRunner().invoke
    started = run(app, ["corpus", "init", str(tmp_path / "own")])
    assert started.exit_code == 0
    assert "conversations.csv" in started.output
    checked = run(app, ["corpus", "check", "folder", "--root", str(tmp_path / "own")])
    assert checked.exit_code == 0, checked.output
    assert "No utterance has audio or video." in checked.output
    again = run(app, ["corpus", "init", str(tmp_path / "own")])
    assert again.exit_code == 1
    assert "exists already" in again.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["foldr", "--root", "."], "did you mean 'folder'?"),
        (["meld", "--root", "."], "train_sent_emo.csv is absent"),
        (["iemocap", "--root", ".", "--set", "label=6-way"], "did you mean 'labels'?"),
        (["iemocap", "--root", ".", "--set", "test_session=6"], "less than or equal to 5"),
        (["meld", "--root", "/nowhere"], "/nowhere is not a folder"),
        (["meld", "--root", ".", "--set", "labels=["], "expected the node content"),
    ],
)
def test_what_cannot_be_checked_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["corpus", "check", *arguments])
    assert result.exit_code == 1
    assert message in result.output
