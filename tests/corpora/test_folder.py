"""A user's own folder: what is read, what is cut, and every defect named with its line."""

import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.folder import load, read_folder
from ariigcn.corpora.table import write_corpus

HEADER = "dialogue_id,utterance_id,speaker,text,emotion,split,media,start_s,end_s\n"
GOOD = (
    HEADER
    + "a,a0,Ann,Hello,joy,train,clips/a.mp4,0,1.5\n"
    + 'a,a1,Bob,"None, really",,train,clips/a.mp4,1.5,\n'
    + "b,b0,Ann,NA,anger,validation,,,\n"
    + "c,c0,Cid,Fine,joy,test,,,\n"
)


def write(folder, text, name="conversations.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def complaint(folder, **options) -> str:
    with pytest.raises(DataError) as error:
        read_folder(folder, **options)
    return str(error.value)


def test_a_table_is_read_as_it_stands(tmp_path):
    corpus = load(write(tmp_path, GOOD))
    rows = corpus.utterances
    assert corpus.labels == ("anger", "joy")
    assert rows["position"].tolist() == [0, 1, 0, 0]
    assert rows["text"].tolist() == ["Hello", "None, really", "NA", "Fine"]
    assert rows["emotion"].isna().tolist() == [False, True, False, False]
    assert rows["end_s"].tolist()[0] == 1.5
    assert rows["end_s"].isna().tolist() == [False, True, True, True]
    assert list(corpus.sources) == ["conversations.csv"]
    write_corpus(corpus, tmp_path / "utterances.parquet")


def test_tab_separated_and_parquet_tables_say_the_same(tmp_path):
    expected = load(write(tmp_path, GOOD)).utterances
    (tmp_path / "tsv").mkdir()
    tabbed = GOOD.replace('"None, really"', "None; really").replace(",", "\t").replace(";", ",")
    pd.testing.assert_frame_equal(
        load(write(tmp_path / "tsv", tabbed, "conversations.tsv")).utterances, expected
    )
    (tmp_path / "parquet").mkdir()
    expected.drop(columns="position").to_parquet(tmp_path / "parquet" / "conversations.parquet")
    pd.testing.assert_frame_equal(load(tmp_path / "parquet").utterances, expected)


def test_splits_are_cut_by_dialogue_where_the_table_has_none(tmp_path):
    rows = "".join(f"d{i // 2},u{i},Ann,Hi {i}\n" for i in range(40))
    write(tmp_path, "dialogue_id,utterance_id,speaker,text\n" + rows)
    corpus = read_folder(tmp_path)
    by_dialogue = corpus.utterances.groupby("dialogue_id")["split"]
    assert (by_dialogue.nunique() == 1).all()
    assert by_dialogue.first().value_counts().to_dict() == {"train": 14, "test": 4, "validation": 2}
    assert len(corpus.notes) == 2
    again = read_folder(tmp_path).utterances
    pd.testing.assert_frame_equal(again, corpus.utterances)
    other = read_folder(tmp_path, split=SplitConfig(seed=1)).utterances
    assert not other["split"].equals(again["split"])


def test_only_validation_is_cut_where_the_table_has_a_test_split(tmp_path):
    rows = "".join(f"d{i},u{i},Ann,Hi,{'test' if i > 6 else 'train'}\n" for i in range(9))
    write(tmp_path, "dialogue_id,utterance_id,speaker,text,split\n" + rows)
    splits = read_folder(tmp_path).utterances["split"].value_counts().to_dict()
    assert splits == {"train": 6, "test": 2, "validation": 1}


def test_all_defects_are_told_at_once_each_with_its_line(tmp_path):
    table = GOOD + (
        'c,c1,Cid,"two\nlines",joy,test,,soon,\n'
        "c,c1,Cid,again,hapy,test,,,\n"
        "c,c2,,who,joy,trian,../other.mp4,3,2\n"
    )
    told = complaint(write(tmp_path, table), labels=("anger", "happy", "joy"))
    for finding in (
        "line 7: start_s is 'soon', expected seconds",
        "line 8: utterance_id 'c1' is used before",
        "line 8 (c1): unknown emotion 'hapy'; did you mean 'happy'?",
        "line 9 (c2): speaker is empty",
        "line 9 (c2): split must be one of",
        "line 9 (c2): media '../other.mp4' leaves the corpus folder",
        "line 9 (c2): start_s and end_s are not a span of time",
        "dialogue c: stands in more than one split",
    ):
        assert finding in told
    assert told.count("leaves the corpus folder") == 1


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "clips").symlink_to(tmp_path)
    told = complaint(write(tmp_path / "corpus", GOOD))
    assert "line 2 (a0): media 'clips/a.mp4' leaves the corpus folder" in told


@pytest.mark.parametrize(
    ("table", "finding"),
    [
        ("", "column 'dialogue_id' is missing"),
        (HEADER, "no utterances at all"),
        (GOOD.replace("emotion", "emotoin"), "did you mean 'emotion'?"),
        (GOOD.replace('"None, really"', "None, really"), "line 3: 10 cells, the header has 9"),
        (GOOD.replace(",validation,", ",dev,"), "line 4 (b0): split must be one of"),
        (GOOD.replace("Fine", ""), "dialogue c: empty, no utterance has text or media"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path, table, finding):
    assert finding in complaint(write(tmp_path, table))


def test_a_table_in_another_encoding_says_what_to_do(tmp_path):
    (tmp_path / "conversations.csv").write_bytes(GOOD.replace("Hello", "Ol\u00e9").encode("cp1252"))
    assert "save it as UTF-8" in complaint(tmp_path)


def test_a_folder_needs_exactly_one_table(tmp_path):
    assert "found none" in complaint(tmp_path)
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "conversations.tsv")
    assert "found conversations.csv and conversations.tsv" in complaint(tmp_path)


def test_columns_without_a_meaning_are_noted_and_left(tmp_path):
    table = "\n".join(f"{line},x" for line in GOOD.replace("end_s\n", "end_s,colour\n").split("\n"))
    table = table.replace("colour,x", "colour").removesuffix(",x")
    assert load(write(tmp_path, table)).notes == ("columns not used: colour",)


SRT = """\ufeff1
00:00:03,500 --> 00:00:05,000
Ben: And   <i>you</i>?
I wonder.

2
00:00:01,000 --> 00:00:03,250
Ann Lee: Hello, Ben: fine &amp; well.
"""
VTT = """WEBVTT - a talk

NOTE
speakers are tagged

STYLE
::cue { color: red }

first
00:01.000 --> 00:02.500 align:start
<v.loud Cleo>So.</v>

01:00:02.500 --> 01:00:03.000
<v Dan>Late, <00:19.000>isn't it?
"""


def test_subtitles_with_speakers_are_conversations(tmp_path):
    write(tmp_path, SRT, "talk.srt")
    write(tmp_path, VTT, "call.vtt")
    write(tmp_path, SRT, "third.srt")
    (tmp_path / "talk.mp4").touch()
    (tmp_path / "._talk.srt").write_bytes(b"\x00")
    corpus = read_folder(tmp_path)
    rows = corpus.utterances
    talk = rows[rows["dialogue_id"] == "talk"]
    assert talk["speaker"].tolist() == ["Ann Lee", "Ben"]
    assert talk["text"].tolist() == ["Hello, Ben: fine & well.", "And you? I wonder."]
    assert talk["media"].tolist() == ["talk.mp4"] * 2
    assert talk[["start_s", "end_s"]].to_numpy().tolist() == [[1.0, 3.25], [3.5, 5.0]]
    call = rows[rows["dialogue_id"] == "call"]
    assert call["speaker"].tolist() == ["Cleo", "Dan"]
    assert call["text"].tolist() == ["So.", "Late, isn't it?"]
    assert call["media"].isna().all()
    assert corpus.labels == ()
    assert list(corpus.sources) == ["call.vtt", "talk.srt", "third.srt"]
    write_corpus(corpus, tmp_path / "utterances.parquet")


def test_everything_wrong_with_subtitles_is_told_at_once(tmp_path):
    bad = (
        "1\n00:00:zz,000 --> 00:00:02,000\nAnn: Hi\n\n2\n00:00:02,000 --> 00:00:01,000\nAnn: Hi\n\n"
        "3\n00:00:03,000 --> 00:00:04,000\nno name here\n\n"
        "4\n00:00:05,000 --> 00:00:06,000\n- Ann: Hi\n- Ben: Hi\n"
    )
    write(tmp_path, bad, "talk.srt")
    (tmp_path / "call.vtt").write_bytes(
        "WEBVTT\n\n00:01.000 --> 00:02.000\nAnn: Ol\xe9".encode("latin-1")
    )
    told = complaint(tmp_path)
    for finding in (
        "talk.srt, line 2: expected times",
        "talk.srt, line 6: the cue ends before it starts",
        "talk.srt, line 10: no speaker",
        "talk.srt, line 14: two speakers in one cue",
        "call.vtt: not in UTF-8",
    ):
        assert finding in told


def test_a_table_goes_before_subtitles_and_may_open_with_comments(tmp_path):
    write(tmp_path, SRT, "talk.srt")
    corpus = load(write(tmp_path, "# how to read this\n\n#, and more\n" + GOOD))
    assert list(corpus.sources) == ["conversations.csv"]
    told = complaint(write(tmp_path, "# a comment\n" + GOOD.replace(",validation,", ",dev,")))
    assert "line 5 (b0): split must be one of" in told
