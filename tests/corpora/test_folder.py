"""A user's own folder: what is read, what is cut, and every defect named with its line."""

import datetime
import os
from pathlib import Path

import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.config import FolderConfig, SplitConfig
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
        "line 8: utterance_id 'c1' was used before",
        "line 8 (c1): unknown emotion 'hapy'; did you mean 'happy'?",
        "line 9 (c2): speaker is empty",
        "line 9 (c2): split is 'trian', must be one of train, validation, test",
        "line 9 (c2): media '../other.mp4' leaves the corpus folder",
        "line 9 (c2): start_s 3 and end_s 2 are not a span of seconds",
        "line 9 (c2): dialogue c is in more than one split: 'trian' here, 'test' before",
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
        (
            HEADER.replace("text", "speaker") + "a,a0,Ann,Ann,joy,,,,",
            "column 'speaker' occurs twice",
        ),
        (GOOD.replace("Fine", "F\0ine"), "line 5: text holds a NUL character"),
        (GOOD.replace("clips/a.mp4", "clips/\0a.mp4"), "line 2: media holds a NUL character"),
        (GOOD.replace("b0", "b\0"), "line 4: utterance_id holds a NUL character"),
        (
            GOOD.replace("clips/a.mp4", "."),
            "line 2 (a0): media '.' is the folder itself, not a file",
        ),
        (
            GOOD.replace("0,1.5", "0,1e308"),
            "line 2 (a0): start_s 0 and end_s 1e+308 are not a span",
        ),
        (GOOD.replace("0,1.5", "-1,inf"), "line 2: end_s is 'inf', expected seconds"),
        (
            GOOD + "a,a2,Ann,Hi,joy,train,,,",
            "line 6 (a2): dialogue a continues here: its rows must",
        ),
        (
            GOOD + 'c,c1,Ann,"' + "x" * 140_000 + '",joy,test,,,',
            "line 6: not a table (field larger",
        ),
        ("\n \n", "empty; start a table with"),
        ("", "empty; start a table with: ariigcn corpus init"),
        (HEADER, "it has no utterances"),
        (GOOD.replace("emotion", "emotoin"), "did you mean 'emotion'?"),
        (GOOD.replace('"None, really"', "None, really"), "line 3: 10 cells, the header has 9"),
        (GOOD.replace(",validation,", ",dev,"), "line 4 (b0): split is 'dev', must be"),
        (
            GOOD.replace("Fine", ""),
            "line 5 (c0): dialogue c is empty: no utterance has text or media",
        ),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path, table, finding):
    assert finding in complaint(write(tmp_path, table))


def test_a_table_in_another_encoding_says_what_to_do(tmp_path):
    (tmp_path / "conversations.csv").write_bytes(GOOD.replace("Hello", "Ol\u00e9").encode("cp1252"))
    assert "save it as UTF-8" in complaint(tmp_path)


SMALL = "dialogue_id,utterance_id,speaker,text\n"


@pytest.mark.parametrize("dialogues", [1, 2])
def test_of_one_or_two_dialogues_none_is_cut(tmp_path, dialogues):
    rows = "".join(f"d{i},u{i},Ann,Hi\n" for i in range(dialogues))
    corpus = load(write(tmp_path, SMALL + rows))
    assert set(corpus.utterances["split"]) == {"train"}
    assert corpus.notes[0].startswith(
        f"there are no splits: three splits need 3 dialogues, there are {dialogues}; all are in "
        "the train split"
    )
    write_corpus(corpus, tmp_path / "utterances.parquet")


def test_one_train_dialogue_validates_nothing_and_that_is_noted(tmp_path):
    table = SMALL.replace("text", "text,split") + "a,a0,Ann,Hi,train\nb,b0,Ann,Hi,test\n"
    corpus = load(write(tmp_path, table))
    assert corpus.utterances["split"].tolist() == ["train", "test"]
    assert corpus.notes == (
        "there is no validation split: it needs two train dialogues, there are 1",
    )


def test_a_share_of_zero_lets_every_train_dialogue_train(tmp_path):
    rows = "".join(f"d{i},u{i},Ann,Hi\n" for i in range(10))
    corpus = read_folder(write(tmp_path, SMALL + rows), split=SplitConfig(validation_share=0))
    assert corpus.utterances["split"].value_counts().to_dict() == {"train": 8, "test": 2}
    assert corpus.notes[1] == "there is no validation split: split.validation_share is 0"


def test_validation_that_knows_its_speakers_better_than_the_test_split_does_is_noted(tmp_path):
    rows = "".join(
        f"d{i},u{i},{'Cleo' if i == 9 else 'Ann'},Hi,{'test' if i > 7 else 'train'}\n"
        for i in range(10)
    )
    note = load(write(tmp_path, SMALL.replace("text", "text,split") + rows)).notes[0]
    assert note.endswith(
        "; 1 of its 1 speakers are also in training, against 1 of the test split's 2: its scores are "
        "too high compared with the test split's"
    )


SPANS = {
    "start_s": pd.to_timedelta([1500, 2000], unit="ms").as_unit("ms"),
    "end_s": pd.to_timedelta([1750, None], unit="ms").as_unit("us"),
}


def test_durations_of_parquet_are_seconds_and_other_times_are_refused(tmp_path):
    base = {"dialogue_id": "a", "utterance_id": ["a0", "a1"], "speaker": "Ann", "text": "Hi"}
    path = tmp_path / "conversations.parquet"
    pd.DataFrame({**base, "media": "a.wav", **SPANS}).to_parquet(path)
    rows = load(tmp_path).utterances
    assert rows[["start_s", "end_s"]].fillna(-1).to_numpy().tolist() == [[1.5, 1.75], [2.0, -1.0]]
    for wrong in (pd.Timestamp("1970-01-01 00:00:01"), datetime.time(0, 0, 1), [1.0], True):
        pd.DataFrame({**base, "start_s": [wrong, wrong]}).to_parquet(path)
        told = complaint(tmp_path)
        assert "row 1: start_s is " in told
        assert "row 2: start_s is " in told


@pytest.mark.parametrize("first", ["", "sep=;\n", "# one row; an utterance\n"])
def test_semicolons_and_decimal_commas_of_a_german_excel_are_read(tmp_path, first):
    table = GOOD.replace('"None, really"', "None really").replace("0,1.5", "0,1-5")
    table = table.replace(",", ";").replace("1-5", "1,5").replace("1.5", "1,5")
    corpus = load(write(tmp_path, "\ufeff" + first + table))
    assert corpus.utterances["end_s"].tolist()[0] == 1.5
    assert corpus.utterances["start_s"].tolist()[1] == 1.5
    assert corpus.notes == ("conversations.csv: its cells are separated by semicolons",)


def test_a_decimal_comma_between_commas_is_no_number(tmp_path):
    assert "line 2: end_s is '1,5', expected seconds" in complaint(
        write(tmp_path, GOOD.replace("0,1.5", '0,"1,5"'))
    )


def test_capitals_of_a_files_name_do_not_matter(tmp_path):
    assert len(load(write(tmp_path, GOOD, "Conversations.CSV")).utterances) == 4
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", SRT, "talk.SRT")
    (tmp_path / "sub" / "talk.MP4").touch()
    assert set(load(tmp_path / "sub").utterances["media"]) == {"talk.MP4"}


@pytest.mark.parametrize("name", ["conversations.xlsx", "conversations.txt", "data.csv"])
def test_a_table_of_another_name_is_named(tmp_path, name):
    assert f"({name} exists: save it in that form)" in complaint(write(tmp_path, GOOD, name))


def test_what_is_no_file_is_not_opened(tmp_path):
    (tmp_path / "conversations.csv").mkdir()
    assert "conversations.csv is a folder, not a file" in complaint(tmp_path)
    (tmp_path / "conversations.csv").rmdir()
    os.mkfifo(tmp_path / "conversations.csv")
    assert "conversations.csv is a pipe, not a file" in complaint(tmp_path)
    (tmp_path / "conversations.csv").unlink()
    (tmp_path / "conversations.csv").symlink_to("conversations.csv")
    assert "conversations.csv is a link that leads back to itself" in complaint(tmp_path)


def test_a_file_that_cannot_be_read_says_so(tmp_path, monkeypatch):
    def refuse(path):
        raise OSError(5, "Input/output error")

    write(tmp_path, GOOD)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "conversations.csv: cannot be read (Input/output error)" in complaint(tmp_path)


def test_damaged_parquet_is_told_whatever_is_damaged(tmp_path):
    load(write(tmp_path, GOOD)).utterances.drop(columns="position").to_parquet(
        tmp_path / "conversations.parquet"
    )
    (tmp_path / "conversations.csv").unlink()
    whole = (tmp_path / "conversations.parquet").read_bytes()
    for place in range(0, len(whole), 397):
        broken = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        (tmp_path / "conversations.parquet").write_bytes(broken)
        try:
            load(tmp_path)
        except DataError as error:
            assert "conversations.parquet" in str(error)


def test_a_folder_needs_exactly_one_table(tmp_path):
    assert "found none" in complaint(tmp_path)
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "conversations.tsv")
    assert "found conversations.csv and conversations.tsv" in complaint(tmp_path)


def test_columns_without_a_meaning_are_noted_and_left(tmp_path):
    table = "\n".join(f"{line},x" for line in GOOD.replace("end_s\n", "end_s,colour\n").split("\n"))
    table = table.replace("colour,x", "colour").removesuffix(",x")
    assert load(write(tmp_path, table)).notes == ("columns not used: colour",)


def test_the_numbers_of_rows_that_pandas_writes_are_a_column_and_no_comment(tmp_path):
    rows = pd.DataFrame([("a", "a0", "Ann", "Hi")], columns=SMALL.strip().split(","))
    rows.to_csv(tmp_path / "conversations.csv")
    corpus = load(tmp_path)
    assert corpus.utterances["text"].tolist() == ["Hi"]
    assert corpus.notes[0] == "columns not used: one without a name"


def test_empty_rows_and_comments_with_quotes_may_stand_before_the_header(tmp_path):
    table = '# a text, "like this\n,,,\n' + SMALL + "a,a0,Ann,Hi\n"
    assert load(write(tmp_path, table)).utterances["text"].tolist() == ["Hi"]
    assert "line 4: 3 cells" in complaint(write(tmp_path, table.replace("Ann,", "")))


@pytest.mark.parametrize(("ending", "separator"), [("tsv", "\t"), ("csv", ";"), ("csv", ",")])
@pytest.mark.parametrize("place", [2, 3])
@pytest.mark.parametrize("second", ["no", 'no"'])
def test_an_open_quote_swallows_no_rows(tmp_path, ending, separator, place, second):
    """As a program writes texts that quotes nothing."""
    rows = [["a", f"a{n}", "Ann"] for n in range(4)]
    for row, text in zip(rows, ['"I will come', second, 'I said"', "fine"], strict=True):
        row.insert(place, text)
    header = ["dialogue_id", "utterance_id", "speaker"]
    header.insert(place, "text")
    table = "".join(separator.join(row) + "\n" for row in [header, *rows])
    told = complaint(write(tmp_path, table, f"conversations.{ending}"))
    assert "line 2: a cell holds the rows that follow" in told


@pytest.mark.parametrize(
    "rows",
    [
        'a,a0,Ann,"Hello there\na,a1,Ann,fine\na,a2,Ann,"quoted"\n',
        'a,a0,Ann,"Hello there\na,a1,Ann,fine\n',
    ],
)
def test_a_quote_that_does_not_end_with_its_cell_is_named(tmp_path, rows):
    told = complaint(write(tmp_path, SMALL + "b,b0,Ann,Hi\n" + rows))
    assert "line 3: not a table (" in told
    assert "its own twice" in told


def test_texts_of_several_lines_with_commas_tabs_and_quotes_are_read(tmp_path):
    texts = [
        "one,\ntwo, three, four",
        'He said "no",\r\n"never", 1,000\n',
        "a\tb\nc",
        "\n",
        "a\n\nb, c",
    ]
    rows = [("a", f"a{n}", "Ann", text) for n, text in enumerate(texts)]
    frame = pd.DataFrame(rows, columns=SMALL.strip().split(","))
    for name, separator in (("conversations.csv", ","), ("conversations.tsv", "\t")):
        (tmp_path / name[-3:]).mkdir()
        frame.to_csv(tmp_path / name[-3:] / name, sep=separator, index=False)
        found = load(tmp_path / name[-3:]).utterances["text"]
        assert found.fillna("").tolist() == [text.strip() for text in texts]


def test_names_that_differ_by_how_accents_are_typed_are_one(tmp_path):
    one, other = "Jose\u0301", "Jos\u00e9"
    write(
        tmp_path,
        "dialogue_id,utterance_id,speaker,text,emotion,media\n"
        f"a,{one}0,{one},{one},cole\u0300re,{one}.wav\na,a1,{other},{other},col\u00e8re,\n",
    )
    corpus = read_folder(tmp_path)
    assert corpus.labels == ("col\u00e8re",)
    rows = corpus.utterances
    assert rows["speaker"].tolist() == rows["text"].tolist() == [other] * 2
    assert rows.loc[0, ["utterance_id", "media"]].tolist() == [f"{one}0", f"{one}.wav"]


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


@pytest.mark.parametrize(
    ("subtitles", "recording"),
    [
        ("talk.en.srt", "talk.wav"),
        ("talk.en-US.vtt", "talk.mp4"),
        ("talk.zh-Hans.cc.srt", "talk.MP4"),
        ("talk.en.srt", "talk.en.wav"),
        ("v1.2 talk.eng.srt", "v1.2 talk.wav"),
        ("caf\u00e9.srt", "cafe\u0301.wav"),
        ("cafe\u0301.fr.srt", "caf\u00e9.wav"),
    ],
)
def test_subtitles_find_the_recording_that_they_belong_to(tmp_path, subtitles, recording):
    write(tmp_path, SRT, subtitles)
    (tmp_path / recording).touch()
    corpus = read_folder(tmp_path)
    assert set(corpus.utterances["media"]) == {recording}
    assert not any("of their name" in note for note in corpus.notes)


def test_subtitles_and_recordings_without_each_other_are_noted(tmp_path):
    for name in ("talk.srt", "Walk.srt", "Work.srt"):
        write(tmp_path, SRT, name)
    for name in ("talk.wav", "walk.wav"):
        (tmp_path / name).touch()
    corpus = read_folder(tmp_path)
    assert corpus.utterances["media"].dropna().tolist() == ["talk.wav"] * 2
    assert corpus.notes[:2] == (
        "2 subtitle file(s) have no recording of their name, so only their words are used, first "
        "Walk.srt",
        "1 recording(s) have no subtitles of their name and are not used, first walk.wav",
    )


def test_a_recording_has_subtitles_in_one_language(tmp_path):
    for name in ("talk.de.srt", "talk.en.srt"):
        write(tmp_path, SRT, name)
    (tmp_path / "talk.wav").touch()
    told = complaint(tmp_path)
    assert "talk.wav: talk.de.srt and talk.en.srt are subtitles of it; keep one" in told


def test_who_speaks_in_cues_without_a_name_may_be_said_once(tmp_path):
    plain = "1\n00:00:01,000 --> 00:00:02,000\nNobody is named\n\n"
    write(
        tmp_path,
        plain
        + plain.replace("Nobody", "Ann: Somebody").replace("02,", "04,").replace("01,", "03,"),
        "a.srt",
    )
    told = complaint(tmp_path)
    assert "a.srt, line 2 (a-0000): speaker is empty" in told
    assert "or name one for all such rows: folder.speaker" in told
    corpus = load(tmp_path, SplitConfig(), FolderConfig(speaker=" Narrator "))
    rows = corpus.utterances
    assert rows["speaker"].tolist() == ["Narrator", "Ann"]
    assert rows["text"].tolist() == ["Nobody is named", "Somebody is named"]
    assert "1 utterance(s) name no speaker; they are given to Narrator" in corpus.notes
    table = "dialogue_id,utterance_id,text\na,a0,Hi\n"
    assert "column 'speaker' is missing" in complaint(write(tmp_path, table))
    assert read_folder(tmp_path, speaker="Ann").utterances["speaker"].tolist() == ["Ann"]


def test_sounds_before_the_name_and_lines_that_roll_are_one_speakers(tmp_path):
    """As subtitles for the hard of hearing and captions made by machines have them."""
    cues = (
        "ANN: Who is there?", "[door opens]\nANN: Hi.", "(SIGHS)\n\u266a la la\nBEN: Well.",
        "I mean\nso the question is: what", "so the question is: what\nshall we do",
    )  # fmt: skip
    said = "".join(f"00:0{n}.000 --> 00:0{n}.900\n{cue}\n\n" for n, cue in enumerate(cues, start=1))
    write(tmp_path, f"WEBVTT\n\n{said}", "talk.vtt")
    frame = read_folder(tmp_path, speaker="?").utterances
    assert frame["speaker"].tolist()[:4] == ["ANN", "ANN", "BEN", "?"]
    assert frame["text"].tolist()[1:3] == ["[door opens] Hi.", "(SIGHS) \u266a la la Well."]


@pytest.mark.parametrize(
    "cue",
    [
        "<v Ann>Are you coming?</v>\n<v Bob>No, I hate it.</v>",
        "<v Ann>Hi.</v> <v.loud Bob>No.</v>",
        "<v Ann>Hi.</v>\nBob: No.",
        "Ann: One.\nBob: Two.",
        "Ann: One.\n<i>Bob Lee</i>: Two.",
        "SPEAKER 1: One.\nSPEAKER 2: Two.",
        "Are you coming?\nCleo: No.",  # who speaks in another cue
        "Ann: One.\nann: Two.\nthe crowd: Three.",
    ],
)
def test_two_speakers_in_one_cue_are_refused(tmp_path, cue):
    other = "".join(
        f"00:0{n}.000 --> 00:0{n}.500\n{said}\n\n"
        for n, said in enumerate(("Cleo: Hm.", "the crowd: Boo!"), 4)
    )
    write(tmp_path, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{cue}\n\n{other}", "talk.vtt")
    assert "talk.vtt, line 3: two speakers in one cue; make it two" in complaint(tmp_path)


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("Ann: It said:\nNote: keep off.", "It said: Note: keep off."),
        ("Ann: I leave at\n10:30 or later.", "I leave at 10:30 or later."),
        ("Ann: Well,\nI wonder: why?", "Well, I wonder: why?"),
        ("Ann: See\nhttp://a.b or C:\\d", "See http://a.b or C:\\d"),
        ("Ann: One.\nAnn: Two.", "One. Ann: Two."),
        ("<v Ann>One.</v>\n<v Ann>Two.</v>", "One. Two."),
        ("Ann: No! Ben: No!", "No! Ben: No!"),
    ],
)
def test_a_colon_within_a_cue_names_nobody(tmp_path, cue, text):
    write(tmp_path, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{cue}\n", "talk.vtt")
    rows = read_folder(tmp_path).utterances
    assert rows[["speaker", "text"]].to_numpy().tolist() == [["Ann", text]]


def test_a_cue_without_a_name_may_hold_a_colon(tmp_path):
    write(tmp_path, "1\n00:00:01,000 --> 00:00:02,000\nSo?\nRule: never ask.\n", "talk.srt")
    assert read_folder(tmp_path, speaker="Ann").utterances["text"].tolist() == [
        "So? Rule: never ask."
    ]


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
        "talk.srt, line 10 (talk-0000): speaker is empty; name the speaker ('Ann: ...' or",
        "talk.srt, line 14: two speakers in one cue",
        "call.vtt: not in UTF-8",
    ):
        assert finding in told


def test_a_table_goes_before_subtitles_and_may_open_with_comments(tmp_path):
    write(tmp_path, SRT, "talk.srt")
    corpus = load(write(tmp_path, "# how to read this\n\n#, and more\n" + GOOD))
    assert list(corpus.sources) == ["conversations.csv"]
    told = complaint(write(tmp_path, "# a comment\n" + GOOD.replace(",validation,", ",dev,")))
    assert "line 5 (b0): split is 'dev', must be one of" in told
