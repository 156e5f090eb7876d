"""What decides a corpus is listed."""

import os
from pathlib import Path

from ariigcn.corpora.demo import generate
from ariigcn.corpora.registry import (
    CORPORA,
    ORACLE,
    is_text_alone,
    media_behind,
    option_files,
    table_files,
)

READ = (
    *("conversations.CSV", "talk.SRT", "call.vtt", "features.PKL", "list.parquet", "oracle.json"),
    *("train/train_sent_emo.csv", "more/roberta.pickle"),
    *("emotion-detection-trn.json", "train/dialogues_train.txt", "dialogues_emotion_test.txt"),
    *("Session1/dialog/EmoEvaluation/Ses01F_impro01.txt",),
    *("Session1/dialog/transcriptions/Ses01F_impro01.txt",),
)
NOT_READ = (
    *("notes.txt", "talk.mp4", "._talk.srt", ".git/x.csv", "downloaded.json", "train/oracle.json"),
    *("train/deep/x.csv", "Session1/dialog/avi/x.txt", "clips/a.wav"),
)


def test_every_file_that_a_table_is_read_from_is_listed_and_no_other(tmp_path: Path) -> None:
    for name in (*READ, *NOT_READ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "gone.csv").symlink_to("nowhere")
    assert table_files(tmp_path) == sorted(str(tmp_path / name) for name in READ)
    assert table_files(tmp_path / "absent") == []
    assert ORACLE == generate.ORACLE


def test_files_that_options_name_are_listed() -> None:
    assert option_files("iemocap", {"utterance_list": "lists/six.csv"}) == [Path("lists/six.csv")]
    assert option_files("iemocap", {}) == []
    assert option_files("demo", {}) == []


def test_some_tables_say_which_media_there_are(tmp_path: Path) -> None:
    (tmp_path / "talk.srt").touch()
    assert media_behind("folder", tmp_path) == media_behind("iemocap", tmp_path) == "names"
    (tmp_path / "Conversations.CSV").touch()
    assert media_behind("folder", tmp_path) == media_behind("published", tmp_path) == ""
    assert media_behind("meld", tmp_path) == "media"


def test_a_corpus_says_itself_that_it_is_text_alone() -> None:
    assert {name for name in CORPORA if is_text_alone(name)} == {"dailydialog", "emorynlp"}
