"""Recordings find their transcripts; what cannot be predicted is named before work starts."""

from pathlib import Path

import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.read.transcripts import Transcript, Turn
from ariigcn.corpora.table import check_corpus
from ariigcn.predict.listen import transcripts_of
from ariigcn.predict.recordings import gather
from ariigcn.predict.sources import Source, find_sources, in_a_line, names_of, table_of
from ariigcn.speech.settings import SpeechSettings


@pytest.fixture
def folder(tmp_path):
    for name in ("a b.mp4", "a b.srt", "é.wav", "lonely.vtt", "notes.docx", ".hidden.mp4"):
        (tmp_path / name).write_text("x")
    return tmp_path


def test_a_folder_pairs_recordings_with_transcripts_of_their_names(folder):
    assert find_sources([folder]) == [
        Source(folder / "a b.mp4", folder / "a b.srt"),
        Source(folder / "é.wav", None),
        Source(None, folder / "lonely.vtt"),
    ]


def test_a_file_takes_the_transcript_that_is_named_or_lies_beside_it(folder):
    assert find_sources([folder / "a b.mp4"]) == [Source(folder / "a b.mp4", folder / "a b.srt")]
    other = folder / "lonely.vtt"
    assert find_sources([folder / "a b.mp4"], other) == [Source(folder / "a b.mp4", other)]


def test_a_transcript_with_a_language_in_its_name_is_the_recordings(tmp_path):
    for name in (
        "talk.wav", "talk.en.srt", "cafe\u0301.wav", "caf\u00e9.pt-BR.vtt", "two.wav", "two.en.srt",
        "own.wav", "own.srt", "own.de.srt", "part.wav", "part.one.wav", "part.one.srt",
    ):  # fmt: skip
        (tmp_path / name).write_text("1\n00:00:00,000 --> 00:00:01,000\nAnn: Hi\n")
    found = {s.recording.name: s.transcript for s in find_sources([tmp_path]) if s.recording}
    names = {name: path and path.name for name, path in found.items()}
    assert names == {
        "talk.wav": "talk.en.srt", "cafe\u0301.wav": "caf\u00e9.pt-BR.vtt", "two.wav": "two.en.srt",
        "own.wav": "own.srt", "part.wav": None, "part.one.wav": "part.one.srt",
    }  # fmt: skip
    (tmp_path / "two.de.srt").write_text("")
    with pytest.raises(DataError, match=r"two\.wav: two\.de\.srt and two\.en\.srt are beside it"):
        find_sources([tmp_path])


def test_files_that_are_named_one_by_one_are_the_folders(folder, tmp_path):
    named = [folder / name for name in ("a b.mp4", "a b.srt", "é.wav", "lonely.vtt")]
    assert find_sources(named) == find_sources([folder])
    assert find_sources([folder, *named]) == find_sources([folder])
    assert find_sources([folder / "a b.srt"]) == [Source(None, folder / "a b.srt")]
    order = [folder / "lonely.vtt", folder / "é.wav"]
    assert [source.file for source in find_sources(order)] == order


def test_no_two_sources_have_the_same_name(folder):
    for name in ("a b.wav", "one/talk.srt", "two/talk.srt", "é.mp3.srt", "é.mp3"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    sources = find_sources([folder, folder / "one", folder / "two"])
    assert names_of(sources) == [
        "a b.mp4", "a b.wav", str(folder / "é.mp3"), "é.wav", "lonely", str(folder / "é.mp3.srt"),
        str(folder / "one/talk.srt"), str(folder / "two/talk.srt"),
    ]  # fmt: skip


def test_no_two_conversations_of_tables_have_the_same_name(tmp_path):
    for name in ("a", "b"):
        rows = f"1,Ann,Hi\n{name}2,Ann,Hm\n"
        (tmp_path / f"{name}.csv").write_text(f"dialogue_id,speaker,text\n{rows}")
    sources = find_sources([tmp_path / "a.csv", tmp_path / "b.csv"])
    names = ["a: 1", "a2", "b: 1", "b2"]
    assert [t.name for _, t in gather(sources)[0]] == names
    assert [t.name for _, t in transcripts_of(sources, SpeechSettings(), 1)] == names


def test_everything_that_is_wrong_is_named_at_once(folder):
    (folder / "empty").mkdir()
    paths = [folder / "gone.mp4", folder / "notes.docx", folder / "empty"]
    with pytest.raises(DataError) as refused:
        find_sources(paths)
    for words in ("gone.mp4: no such file", "'.docx' is none of .mp4", "empty: holds no recording"):
        assert words in str(refused.value)
    with pytest.raises(DataError, match="a transcript belongs to one recording"):
        find_sources([folder], folder / "lonely.vtt")


def test_the_table_is_one_that_every_stage_reads(tmp_path):
    turns = (Turn(1.0, 2.0, None, "x"), Turn(None, None, "Ann", "y"))
    given = [
        (Source(tmp_path / "talk.mp4", None), Transcript("talk", turns)),
        (Source(None, tmp_path / "a.csv"), Transcript("a", turns)),
    ]
    corpus = table_of(given, ("joy", "anger"))
    check_corpus(corpus)
    frame = corpus.utterances
    assert frame["media"].dropna().tolist() == [str(tmp_path / "talk.mp4")[1:]]
    assert frame["speaker"].tolist() == ["unnamed", "Ann", "unnamed", "Ann"]
    assert frame["start_s"].fillna(-1).tolist() == [
        1.0,
        -1.0,
        1.0,
        -1.0,
    ]  # with a recording or without
    assert frame["dialogue_id"].nunique() == 2
    assert frame["emotion"].isna().all()


def test_an_error_in_a_line_names_files_without_their_folder_alone():
    error = DataError("a/talk.srt cannot be used:\n  - line 1: not ../x\n  - line 2: no")
    assert in_a_line(error, Source(None, Path("a/talk.srt"))) == (
        "talk.srt cannot be used: line 1: not ../x; line 2: no"
    )
    assert "../x" in in_a_line(error, Source(None, Path("talk.srt")))
