"""GloVe: the mean of the words that are known, and what is said of the others."""

import os
from pathlib import Path

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.core.files import sha256_file
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.text_glove import TOKEN, Parameters, make, read_vectors
from ariigcn.features.store import Status

VECTORS = "do 1 0 0\nn't 0 1 0\nhappy 0 0 1\n\" 5 5 5\nnull 2 2 2\ndo 9 9 9\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "glove.txt"
    path.write_text(VECTORS)
    return path


def test_mean_of_the_known_words_and_a_note_of_the_others(path: Path) -> None:
    made = make("text", Parameters(vectors=str(path)))
    texts = ["Don't!", "happy HAPPY happy", "zzz yyy", "  ", "\u200b", None, 'null "']
    some, all_, none, blank, unseen, absent, odd = made.encode([Clip("u", t, None) for t in texts])
    np.testing.assert_allclose(some.values, [0.5, 0.5, 0])
    assert some.message == "1 of 3 tokens without a vector"
    np.testing.assert_allclose(all_.values, [0, 0, 1])
    assert (none.status, none.message) == (Status.MISSING, "2 of 2 tokens without a vector")
    assert blank.status == absent.status == unseen.status == Status.MISSING
    assert unseen.message == blank.message == "no text"
    np.testing.assert_allclose(odd.values, [3.5, 3.5, 3.5])
    assert made.weights_sha256 == sha256_file(path)
    assert made.dimension == 3


def test_tokens_are_cut_as_gloves_corpora_were() -> None:
    assert TOKEN.findall("I don't know, it's 5.") == [
        "I", "do", "n't", "know", ",", "it", "'s", "5", "."
    ]  # fmt: skip


def test_the_first_words_alone_a_header_and_a_word_with_blanks(path: Path) -> None:
    assert list(read_vectors(path, 2)[0]) == ["do", "n't"]
    path.write_text("2 3\n" + VECTORS + ". . . 1 2 3\n")
    rows, vectors = read_vectors(path, 100)
    assert rows["do"] == 0
    assert len(vectors) == 6


def test_what_is_no_file_of_vectors_is_refused(path: Path, tmp_path: Path) -> None:
    damaged = ("", "word nan 1 2\n", "word one two\n", "a 1 2\n" + VECTORS, "word\n", "\0\x1b" * 99)
    for content in (*damaged, VECTORS + "b 1 1e99 1\n", VECTORS + "b 1 true 1\n"):
        path.write_text(content)
        with pytest.raises(DataError, match=r"name a file in GloVe's text format"):
            read_vectors(path, 100)
    with pytest.raises(DataError, match="no word vectors"):
        read_vectors(tmp_path / "absent.txt", 100)
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(DataError, match="a pipe, not a file"):
        read_vectors(tmp_path / "pipe.txt", 100)
