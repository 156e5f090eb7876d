"""The utterance table: a whole one comes back as it was, a defective one is refused with its rows."""

from dataclasses import replace
from itertools import product

import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora import table
from ariigcn.corpora.table import Corpus, check_corpus, find_problems, read_corpus, write_corpus
from tests.sealing import seal_again


def corpus(**changes: dict[int, object]) -> Corpus:
    """Two dialogues of two utterances; ``changes`` maps a column to new values by row."""
    rows = pd.DataFrame(
        {
            "dialogue_id": ["a", "a", "b", "b"],
            "utterance_id": ["a0", "a1", "b0", "b1"],
            "position": [0, 1, 0, 1],
            "speaker": ["Ann", "Bob", "Ann", "Cid"],
            "text": ["Hi", "Hello", "Look", "Oh"],
            "emotion": ["joy", None, "anger", "joy"],
            "split": ["train", "train", "test", "test"],
            "media": ["a.mp4", "a.mp4", None, None],
            "start_s": [0.0, 1.0, None, None],
            "end_s": [1.0, 2.0, None, None],
        }
    )
    for column, values in changes.items():
        rows[column] = rows.get(column, pd.Series(index=rows.index, dtype=object)).astype(object)
        for row, value in values.items():
            rows.loc[row, column] = value
    return Corpus("tiny", "1", ("anger", "joy"), "free", {"x.csv": "0" * 64}, rows, ("a note",))


def test_a_table_comes_back_as_it_was(tmp_path):
    written = replace(corpus(), extra={"reachable": {"test": 0.9}})
    write_corpus(written, tmp_path / "t.parquet")
    read = read_corpus(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read.utterances, written.utterances, check_dtype=False)
    assert replace(read, utterances=None) == replace(written, utterances=None)


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"utterance_id": {2: "a1"}}, "row 3: utterance_id 'a1' was used before"),
        ({"emotion": {3: "jov"}}, "row 4 (b1): unknown emotion 'jov'; did you mean 'joy'?"),
        (
            {"text": {2: " ", 3: None}},
            "row 3 (b0): dialogue b is empty: no utterance has text or media",
        ),
        ({"media": {1: "../a.mp4"}}, "row 2 (a1): media '../a.mp4' leaves the corpus folder"),
        ({"media": {1: "/etc/a.mp4"}}, "row 2 (a1): media '/etc/a.mp4' leaves"),
        ({"media": {1: "c:\\a.mp4"}}, "row 2 (a1): media 'c:/a.mp4' leaves"),
        (
            {"split": {1: "test"}},
            "row 2 (a1): dialogue a is in more than one split: 'test' here, 'train' before",
        ),
        ({"split": {0: "dev", 1: "dev"}}, "row 1 (a0): split is 'dev', must be one of"),
        ({"speaker": {3: ""}}, "row 4 (b1): speaker is empty"),
        ({"position": {1: 2}}, "row 2 (a1): dialogue a has positions that do not count"),
        (
            {"dialogue_id": {1: "b", 2: "a"}},
            "row 3 (b0): dialogue a continues here: its rows must be next",
        ),
        ({"end_s": {0: 0.0}}, "row 1 (a0): start_s 0 and end_s 0 are not a span of seconds"),
        ({"start_s": {0: -1.0}}, "row 1 (a0): start_s -1 and end_s 1 are not a span of seconds"),
        ({"start_s": {2: 1e308}}, "row 3 (b0): start_s 1e+308 and end_s nan are not a span"),
        ({"start_s": {2: float("inf")}}, "row 3 (b0): start_s inf and end_s nan are not a span"),
        ({"end_s": {2: -3.0}}, "row 3 (b0): start_s nan and end_s -3 are not a span"),
        ({"end_s": {1: 864001.0}}, "row 2 (a1): start_s 1 and end_s 864001 are not a span"),
        ({"media": {1: "."}}, "row 2 (a1): media '.' is the folder itself, not a file"),
        ({"audio": {1: "./"}}, "row 2 (a1): audio '.' is the folder itself, not a file"),
        ({"text": {1: "a\0b"}}, "row 2: text holds a NUL character"),
        ({"utterance_id": {1: "a\0"}}, "row 2: utterance_id holds a NUL character"),
        ({"media": {1: "a\0.mp4"}}, "row 2: media holds a NUL character"),
        ({"text": {1: "a\ud800"}}, "row 2: text holds half a character"),
        ({"utterance_id": {1: "\udfff"}}, "row 2: utterance_id holds half a character"),
        ({"media": {1: "\udc80.mp4"}}, "row 2: media holds half a character"),
    ],
)
def test_a_defect_is_named_with_its_row_and_nothing_is_written(tmp_path, changes, finding):
    with pytest.raises(DataError) as error:
        write_corpus(corpus(**changes), tmp_path / "t.parquet")
    assert finding in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_label_that_no_figure_can_show_is_refused():
    rows = corpus().utterances.replace("joy", "jo\x0by")
    found = find_problems(replace(corpus(), labels=("anger", "jo\x0by"), utterances=rows))
    assert found == ["emotion 'jo\\x0by' holds a character that no figure can show"]


def test_the_search_for_suspect_paths_misses_none(monkeypatch):
    names = ["".join(name) for size in range(7) for name in product("./:\\a", repeat=size)]
    names += [None, "a\n", "..\n", "\n/..", "ünï/..", "ü:/a", "a/\n:b"]
    number = pd.Series(range(len(names)))
    rows = corpus().utterances.iloc[[0] * len(names)].reset_index(drop=True)
    rows = rows.assign(utterance_id=number.astype(str), position=number, media=names)
    many = replace(corpus(), utterances=rows)
    found = find_problems(many)
    monkeypatch.setattr(table, "SUSPECT", "")  # every path is looked at by itself
    assert found == find_problems(many)
    assert 0 < len(found) < len(names)


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_a_column_without_a_path_is_sound(nothing):
    rows = corpus().utterances.assign(media=nothing, audio=nothing)
    assert find_problems(replace(corpus(), utterances=rows)) == []


def test_the_optional_columns_travel_where_a_corpus_has_them(tmp_path):
    written = corpus()
    written.utterances["audio"] = ["a0.wav", None, None, None]
    written.utterances["video_side"] = ["left", "right", None, None]
    write_corpus(written, tmp_path / "t.parquet")
    read = read_corpus(tmp_path / "t.parquet").utterances
    assert read["audio"].tolist()[0] == "a0.wav"
    assert read["video_side"].tolist()[:2] == ["left", "right"]
    write_corpus(corpus(), tmp_path / "plain.parquet")
    assert "audio" not in read_corpus(tmp_path / "plain.parquet").utterances.columns
    with pytest.raises(DataError) as error:
        check_corpus(corpus(audio={0: "../a.wav"}, video_side={1: "top"}))
    assert "row 1 (a0): audio '../a.wav' leaves the corpus folder" in str(error.value)
    assert "row 2 (a1): video_side must be left, right or empty" in str(error.value)


def test_all_defects_are_told_at_once():
    with pytest.raises(DataError) as error:
        check_corpus(corpus(speaker={0: ""}, emotion={3: "jov"}))
    assert "row 1 (a0)" in str(error.value)
    assert "row 4 (b1)" in str(error.value)


def test_no_utterances_and_missing_columns_are_refused():
    empty = replace(corpus(), utterances=corpus().utterances.iloc[:0])
    with pytest.raises(DataError, match="no utterances at all"):
        check_corpus(empty)
    short = replace(corpus(), utterances=corpus().utterances.drop(columns=["text", "split"]))
    with pytest.raises(DataError, match="missing: text, split"):
        check_corpus(short)


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and nothing else")
    seal_again(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="not an utterance table"):
        read_corpus(tmp_path / "t.parquet")
    corpus().utterances.to_parquet(tmp_path / "plain.parquet")
    seal_again(tmp_path / "plain.parquet")
    with pytest.raises(DataError, match="not an utterance table"):
        read_corpus(tmp_path / "plain.parquet")
