"""What training needs is told before hours go into features; labels meant as one are found."""

import json
from pathlib import Path

import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.checks.trainable import (
    odd_labels,
    odd_speakers,
    require_labels,
    trainable_problems,
)
from ariigcn.corpora.registry import prepare
from ariigcn.corpora.table import Corpus
from tests.synthetic_corpus import make_corpus


def test_labels_that_a_run_needs_are_asked_for_before_its_features(tmp_path: Path) -> None:
    (tmp_path / "talk.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nAnn: Hi\n")
    table, out = tmp_path / "utterances.parquet", tmp_path / "trainable.json"
    prepare("folder", tmp_path, table)
    with pytest.raises(DataError) as error:
        require_labels(table, ("train", "validation"), out)
    told = str(error.value)
    assert "you cannot train on it, but you can make features and graphs" in told
    assert "none of the 1 utterances of the train split has a label; fill the column" in told
    few = "three splits need 3 dialogues, the corpus has 1; add some"
    assert f"no utterance in the validation split: {few}" in told
    assert "you can predict it: 1 conversation(s), 1 utterance(s), no labels" in told
    assert not out.exists()


def test_a_table_with_labels_is_counted(tmp_path: Path) -> None:
    rows = "".join(f"d{i},u{i},Ann,Hi,{'joy' if i % 2 else 'anger'}\n" for i in range(10))
    header = "dialogue_id,utterance_id,speaker,text,emotion\n"
    (tmp_path / "conversations.csv").write_text(header + rows)
    prepare("folder", tmp_path, tmp_path / "utterances.parquet")
    out = tmp_path / "trainable.json"
    require_labels(tmp_path / "utterances.parquet", ("train", "validation"), out)
    assert json.loads(out.read_text()) == {"train": 7, "validation": 1, "test": 2}


def test_what_is_lacking_is_told_by_split() -> None:
    corpus = make_corpus([4, 4, 4, 4, 4], unlabelled=0)
    assert trainable_problems(corpus, ("train", "validation", "test")) == []
    frame = corpus.utterances
    frame.loc[frame["split"] == "validation", "emotion"] = None
    frame.loc[frame["split"] == "test", "split"] = "train"
    assert trainable_problems(corpus, ("train", "validation", "test")) == [
        "none of the 4 utterances of the validation split has a label; give it one, or set "
        "training.selection to 'last'",
        "no utterance in the test split; give it one: nothing can be scored",
    ]
    frame["emotion"] = "joy"
    told = trainable_problems(corpus)
    assert told == ["every label of the train split is 'joy'; two labels are the least"]


def test_a_large_corpus_is_looked_through_in_a_second() -> None:
    count = 100_000
    rows = pd.DataFrame({"dialogue_id": [f"d{i // 10}" for i in range(count)]})
    rows["utterance_id"] = [f"u{i}" for i in range(count)]
    rows["speaker"] = [f"Ann {i % 3}" for i in range(count)]
    rows["emotion"], rows["split"] = "joy", "train"
    rows.loc[7, ["speaker", "emotion"]] = ["ann 1", "Joy"]
    corpus = Corpus("large", "1", ("Joy", "joy"), "free", {}, rows)
    assert list(odd_speakers(corpus)) == [
        ("u7", "speakers that may be one: 'Ann 1' (2), 'ann 1' (1)", False)
    ]
    assert list(odd_labels(corpus)) == [
        ("u7", "labels that may be one: 'joy' (99,999), 'Joy' (1)", True)
    ]
