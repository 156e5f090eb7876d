from dataclasses import replace

import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.evaluation.tables.literature import COLUMNS, SHIPPED, published_frame
from tests.synthetic_runs import make_corpus

SEVEN = tuple("abcdefg")


def corpus(name, labels, **extra):
    return replace(make_corpus(), name=name, labels=labels, extra=extra)


def test_what_ships_names_its_addresses_and_holds_no_figure_of_the_paper():
    table = pd.read_csv(SHIPPED)
    assert table["address"].str.startswith("https://").all()
    assert not table["model"].str.contains("IIGCN").any()
    assert list(table) == list(COLUMNS)


def test_rows_are_those_of_the_corpus_and_its_label_set():
    meld = published_frame(None, corpus("meld", SEVEN))
    assert meld["experiment"].tolist() == ["MM-DFN", "FacialMMT"]
    assert meld["weighted_f1_mean"].tolist() == pytest.approx([0.5946, 0.6673])
    assert meld["accuracy_mean"].isna().tolist() == [False, True]
    assert len(published_frame(None, corpus("meld", ("negative", "neutral", "positive")))) == 0
    assert len(published_frame(None, corpus("demo", SEVEN))) == 0


def test_feature_files_count_as_the_corpus_that_they_are_of():
    six = published_frame(None, corpus("published", tuple("abcdef"), corpus="iemocap"))
    assert len(six) == 4
    assert six["weighted_f1_mean"].notna().sum() == 1


def test_a_table_without_a_row_of_the_corpus_is_told(tmp_path, caplog):
    path = tmp_path / "own.csv"
    head = "corpus,classes,model,metric,value,source,address"
    path.write_text(f"{head}\nMELD,7,A,accuracy,60,paper,somewhere\n")
    with caplog.at_level("WARNING", "ariigcn"):
        assert not len(published_frame(path, corpus("meld", SEVEN)))
    assert "no row is of corpus 'meld' with 7 classes" in caplog.text


def test_every_defective_row_is_named(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(
        "corpus,classes,model,metric,value,source,address\n"
        "meld,7,A,acuracy,60,paper,somewhere\n"
        "meld,7,A,accuracy,lots,paper,\n"
        "meld,,B,accuracy,60,paper,somewhere\n"
    )
    with pytest.raises(DataError) as error:
        published_frame(path, corpus("meld", SEVEN))
    for words in (
        "row 1: unknown metric 'acuracy'; did you mean 'accuracy'?",
        "row 2: address is empty",
        "row 2: value must be a number of per cent",
        "row 3: classes must be the number of labels",
    ):
        assert words in str(error.value)
    path.write_text("corpus,model\n")
    with pytest.raises(DataError, match=r"column\(s\) missing: classes, metric"):
        published_frame(path, corpus("meld", SEVEN))


def test_a_figure_stands_once(tmp_path):
    row = "meld,7,A,accuracy,60,paper,somewhere\n"
    path = tmp_path / "own.csv"
    path.write_text(f"{','.join(COLUMNS)}\n{row}{row}")
    with pytest.raises(DataError, match="row 2: the same figure is in an earlier row"):
        published_frame(path, corpus("meld", SEVEN))
