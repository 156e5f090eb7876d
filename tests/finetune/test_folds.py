"""Folds of training dialogues."""

import pytest

from ariigcn.core.errors import DataError
from ariigcn.finetune.folds import folds_of
from tests.synthetic_corpus import make_corpus

LENGTHS = [3, 9, 4, 12, 7, 5, 8, 2, 6, 10, 4, 4, 7, 3, 5]


def test_every_training_dialogue_is_in_one_fold_and_no_other_is() -> None:
    corpus = make_corpus(LENGTHS)
    rows = corpus.utterances
    dealt = folds_of(corpus, 3, seed=0)
    assert set(dealt) == set(rows["dialogue_id"][rows["split"] == "train"])
    assert set(dealt.values()) == {1, 2, 3}
    sizes = rows["dialogue_id"].map(dealt).value_counts()
    assert sizes.max() - sizes.min() <= max(LENGTHS) // 2


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    corpus = make_corpus([4] * 30)
    dealt = folds_of(corpus, 4, seed=0)
    assert folds_of(corpus, 4, seed=0) == dealt != folds_of(corpus, 4, seed=1)


def test_more_folds_than_dialogues_are_refused() -> None:
    with pytest.raises(DataError, match=r"9 training dialogues cannot be dealt to 10 folds; set"):
        folds_of(make_corpus(LENGTHS), 10, seed=0)
