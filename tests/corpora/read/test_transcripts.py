"""Every format gives the same turns; what is wrong is named with its line; nothing is lost unsaid."""

import datetime
import json

import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.read.transcripts import Transcript, Turn, read_transcript, write_transcript

TURNS = [(0.5, 1.5, "Ann", "Hello."), (2.0, 3.25, "Ben", "Oh no!")]


def srt(path):
    path.write_text(
        "1\n00:00:00,500 --> 00:00:01,500\nAnn: Hello.\n\n"
        "2\n00:00:02,000 --> 00:00:03,250\nBen: Oh no!\n"
    )


def vtt(path):
    path.write_text(
        "WEBVTT\n\n00:00.500 --> 00:01.500\n<v Ann>Hello.\n\n00:02.000 --> 00:03.250\n<v Ben>Oh no!\n"
    )


def table(path):
    frame = pd.DataFrame(TURNS, columns=["start_s", "end_s", "speaker", "text"])
    match path.suffix:
        case ".parquet":
            frame.to_parquet(path)
        case ".tsv":
            frame.to_csv(path, sep="\t", index=False)
        case _:
            frame.to_csv(path, index=False)


def whisper(path):
    segments = [dict(zip(("start", "end", "speaker", "text"), turn, strict=True)) for turn in TURNS]
    segments[0]["text"] = " Hello."  # as Whisper writes it
    path.write_text(json.dumps({"text": "...", "segments": segments, "language": "en"}))


def rttm(path):
    path.write_text(
        "SPEAKER talk 1 0.5 1.0 <NA> <NA> Ann <NA> <NA>\n"
        "LEXEME talk 1 0.6 0.5 Hello. lex Ann 0.9\n"
        "SPEAKER talk 1 2.0 1.25 <NA> <NA> Ben <NA> <NA>\n"
        "LEXEME talk 1 2.6 0.4 no! lex Ben 0.9\n"
        "LEXEME talk 1 2.1 0.4 Oh lex Ben 0.9\n"
    )


@pytest.mark.parametrize(
    ("suffix", "writer"),
    [
        (".srt", srt), (".vtt", vtt), (".csv", table), (".tsv", table), (".parquet", table),
        (".json", whisper), (".rttm", rttm),
    ],
)  # fmt: skip
def test_every_format_gives_the_same_turns(tmp_path, suffix, writer):
    path = tmp_path / f"talk{suffix}"
    writer(path)
    (found,) = read_transcript(path)
    assert found.name == "talk"
    assert [(t.start_s, t.end_s, t.speaker, t.text) for t in found.turns] == TURNS
    assert found.notes == ()


def test_a_table_may_hold_several_conversations_and_lack_columns(tmp_path):
    path = tmp_path / "chats.csv"
    path.write_text("dialogue_id,text\na,one\nb,two\na,three\n")
    first, second = read_transcript(path)
    assert (first.name, [t.text for t in first.turns]) == ("a", ["one", "three"])
    assert (second.name, [t.text for t in second.turns]) == ("b", ["two"])
    assert first.notes == ("2 of 2 turns name no speaker; all turns are given to one speaker",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.srt", "1\n00:00:00,000 --> 00:00:01,000\nZoe\u0308: e\u0301\n"),
        ("a.csv", "speaker,text\nZoe\u0308,e\u0301\n"),
        ("a.json", '[{"speaker": "Zoe\\u0308", "text": "e\u0301"}]'),
        ("a.rttm", "SPEAKER a 1 0 1 e\u0301 <NA> Zoe\u0308\n"),
    ],
)
def test_a_name_is_one_however_its_accents_are_typed(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    [found] = read_transcript(tmp_path / name)
    assert [(turn.speaker, turn.text) for turn in found.turns] == [("Zo\u00eb", "\u00e9")]


def test_turns_out_of_order_are_ordered_and_overlaps_told(tmp_path):
    path = tmp_path / "talk.csv"
    path.write_text("start_s,end_s,speaker,text\n5,6,a,last\n1,3,b,first\n2,4,a,second\n")
    (found,) = read_transcript(path)
    assert [t.text for t in found.turns] == ["first", "second", "last"]
    assert found.notes == (
        "the turns were not in order of time; they were sorted",
        "1 turn(s) begin before the previous turn has ended",
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "start_s,end_s,text\n1,x,a\n3,2,b\n", "line 2: end_s is 'x'"),
        ("a.csv", "start_s,end_s,text\n3,2,b\n", "line 2: it ends at 2 s, before it starts at 3 s"),
        ("a.csv", "start_s,end_s,text\n-1,2,b\n", "its start is -1 s; expected seconds from 0"),
        ("a.csv", "start_s,text\n1,b\n", "line 2: it has only a start or only an end"),
        ("a.csv", "who,what\na,b\n", "its header has none of start_s, end_s, speaker, text"),
        ("a.tsv", "start\tend\ttext\n0\t900\ta\n", "unknown column 'end'; did you mean 'end_s'"),
        ("a.csv", "speaker,text,text\na,b,c\n", "column 'text' occurs twice"),
        ("a.csv", "speaker,text\n", "it has no utterance"),
        ("a.srt", "", "it has no utterance"),
        ("a.srt", "1\n00:00 -> 1\nx\n", "line 1: expected times such as"),
        ("a.json", "{}", "not what Whisper writes"),
        ("a.json", '{"segments": 3}', "not what Whisper writes"),
        ("a.json", '{"segments": [{"start": "x"}]}', "not what Whisper writes"),
        ("a.json", '[{"text": "a \\ud800 b"}]', "segment 1: its text holds half a character"),
        ("a.json", '[{"speaker": "\\udfff"}]', "segment 1: its speaker holds half a character"),
        ("a.json", '[{"text": ["a"]}]', "segment 1: its text is no text"),
        ("a.json", '[{"start": true, "end": 2}]', "True is no number"),
        ("a.json", f'[{{"start": 0, "end": 1{400 * "0"}}}]', "its end is inf s"),
        ("a.rttm", "SPEAKER talk 1 x 1 <NA> <NA> Ann\n", "line 1: expected KIND FILE"),
        ("a.doc", "x", "'.doc' is not a known kind of transcript; known: .srt"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message.replace("(", r"\(")):
        read_transcript(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"talk\.srt: no such file"):
        read_transcript(tmp_path / "talk.srt")


def test_times_of_a_parquet_table_are_seconds_or_durations(tmp_path):
    path = tmp_path / "a.parquet"
    base = {"end_s": [5.0, 6.0], "text": "x"}
    pd.DataFrame({"start_s": pd.to_timedelta([500, None], unit="ms"), **base}).to_parquet(path)
    with pytest.raises(DataError, match="row 2: it has only a start or only an end"):
        read_transcript(path)
    pd.DataFrame({"start_s": pd.to_timedelta([500, 800], unit="ms"), **base}).to_parquet(path)
    [found] = read_transcript(path)
    assert [turn.start_s for turn in found.turns] == [0.5, 0.8]
    for wrong in (pd.Timestamp(0), datetime.time(0, 0, 1), [1.0], True):
        pd.DataFrame({"start_s": [wrong, wrong], **base}).to_parquet(path)
        with pytest.raises(DataError, match=r"row 1: start_s is .*; expected seconds"):
            read_transcript(path)


def test_what_a_file_says_of_itself_is_shown_as_text(tmp_path):
    said = {"segments": [{"text": "a"}], "made_by": "\ud800", "notes": ["\x1b[2J", 3]}
    (tmp_path / "a.json").write_text(json.dumps(said))
    [found] = read_transcript(tmp_path / "a.json")
    assert (found.made_by, found.notes[:2]) == (r"\ud800", (r"\x1b[2J", "3"))


def test_a_written_transcript_reads_back_and_says_what_made_it(tmp_path):
    turns = (Turn(0.5, 1.5, "S1", "Hélas."), Turn(2.0, 3.25, None, None))
    written = Transcript("talk", turns, ("the sound ends early",), "a recogniser 1.0")
    write_transcript(written, tmp_path / "talk.json")
    (back,) = read_transcript(tmp_path / "talk.json")
    assert back.made_by == "a recogniser 1.0"
    assert back.notes[0] == "the sound ends early"
    assert [(t.start_s, t.end_s, t.speaker, t.text) for t in back.turns] == [
        (0.5, 1.5, "S1", "Hélas."), (2.0, 3.25, None, None),
    ]  # fmt: skip


def test_a_word_is_in_the_turn_of_its_speaker_that_began_last(tmp_path):
    path = tmp_path / "a.rttm"
    turns = [("Ann", 0, 10), ("Ann", 2, 1), ("Ben", 0, 9), ("Ann", 20, 1)]
    words = [("Ann", 1, "one"), ("Ann", 2.1, "two"), ("Ann", 4, "three"), ("Ben", 2.1, "four")]
    lines = [f"SPEAKER a 1 {at} {long} <NA> <NA> {who} <NA> <NA>" for who, at, long in turns]
    lines += [
        f"LEXEME a 1 {at} 0.2 {said} lex {who} 1" for who, at, said in [*words, ("Eve", 1, "x")]
    ]
    path.write_text("\n".join(lines))
    [found] = read_transcript(path)
    assert [(turn.speaker, turn.text) for turn in found.turns] == [
        ("Ann", "one three"), ("Ben", "four"), ("Ann", "two"), ("Ann", None)
    ]  # fmt: skip


def test_an_rttm_of_several_recordings_is_as_many_conversations(tmp_path):
    path = tmp_path / "all.rttm"
    path.write_text(
        "SPEAKER one 1 0 2 <NA> <NA> spk0 <NA> <NA>\nSPEAKER two 1 0.5 2 <NA> <NA> spk0 <NA> <NA>\n"
        "LEXEME two 1 1 0.2 hi lex spk0 1\nSPEAKER one 1 3 2 <NA> <NA> spk1 <NA> <NA>\n"
        "LEXEME one 1 1 0.2 hm lex spk0 1\n"
    )
    one, two = read_transcript(path)
    assert (one.name, [(t.start_s, t.speaker, t.text) for t in one.turns]) == (
        "one", [(0, "spk0", "hm"), (3, "spk1", None)]
    )  # fmt: skip
    assert (two.name, [(t.start_s, t.speaker, t.text) for t in two.turns]) == (
        "two", [(0.5, "spk0", "hi")]
    )  # fmt: skip
    assert one.notes == two.notes == ()


CUE = "1\n00:00:00,000 --> 00:00:01,000\n"
RTTM = "SPEAKER a 1 0 9 <NA> <NA> A <NA> <NA>\nLEXEME a 1 1 1 x lex A 1\n"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("name", "start", "repeated", "end"),
    [
        ("a.srt", CUE, part, end)
        for part in (
            "<v ", "<v.", "<a", "{\\", " ", "- ", "<1", "A.", "A ", "0", "&#", "\u3000", "A:", "-\n",
        )
        for end in ("x\n", ">")
    ]
    + [
        ("a.srt", "1\n", part, "0:00,0 --> 0:00:01,0\nx\n")
        for part in ("0", " ", "0:", "00:00:00,000 --> ")
    ]
    + [
        ("a.srt", CUE + "&#", "9", ";\n"),
        ("a.rttm", "", RTTM, ""),
        ("a.srt", CUE + "a", "\u0301\u0323", "\n"),
        ("a.csv", "text\na", "\u0301\u0323", "\n"),
        ("a.json", "", "[", ""),
        ("a.json", '{"segments": ', '{"segments": ', "1"),
    ],
    ids=lambda text: ascii(text)[:12],
)  # fmt: skip
def test_a_hostile_file_takes_seconds(tmp_path, name, start, repeated, end):
    """A transcript of the largest size that the page takes: read or refused, and soon."""
    path = tmp_path / name
    path.write_text(start + repeated * (2_000_000 // len(repeated)) + end)
    try:
        [found] = read_transcript(path)
    except DataError:
        return
    assert found.turns


@pytest.mark.timeout(60)
def test_as_many_conversations_as_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("dialogue_id,text\n" + "".join(f"{n},x\n" for n in range(100_000)))
    assert len(read_transcript(path)) == 100_000
