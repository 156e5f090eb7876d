"""MiniLM: meaning, independence of neighbours, blanks, cuts."""

import numpy as np
import pytest

from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.encoders.text_minilm import MiniLM, Parameters, make
from ariigcn.features.store import Status


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return make("text", Parameters())


def encode(encoder: MiniLM, *texts: str | None) -> list[Encoded]:
    return encoder.encode([Clip(str(i), text, None) for i, text in enumerate(texts)])


def cosine(a: Encoded, b: Encoded) -> float:
    assert a.values is not None and b.values is not None
    return float(a.values @ b.values / np.linalg.norm(a.values) / np.linalg.norm(b.values))


def test_what_means_the_same_lies_closer(encoder: MiniLM) -> None:
    happy, glad, rain = encode(encoder, "I am so happy!", "This makes me glad.", "It rains.")
    assert cosine(happy, glad) > cosine(happy, rain) + 0.2


def test_a_vector_does_not_depend_on_its_neighbours(encoder: MiniLM) -> None:
    texts = [f"{'well, ' * (i % 23)}what about number {i}?" for i in range(60)]
    together = np.stack([e.values for e in encode(encoder, *texts) if e.values is not None])
    backwards = [e.values for e in encode(encoder, *texts[::-1]) if e.values is not None][::-1]
    alone = [encode(encoder, text)[0].values for text in texts[:10]]
    np.testing.assert_array_equal(together, backwards)
    np.testing.assert_array_equal(together[:10], alone)


def test_nor_on_how_many_of_its_length_there_are(encoder: MiniLM) -> None:
    for words in (1, 2, 3, 5, 8, 13):
        texts = [" ".join(["well"] * (words - 1) + [last]) for last in "abcdefghijklmnopqrs"]
        (alone,) = encode(encoder, texts[4])
        for count in (5, 6, 16, 19):
            beside = encode(encoder, *texts[:count])[4]
            np.testing.assert_array_equal(alone.values, beside.values)


def test_blank_text_is_missing_and_long_text_is_cut(encoder: MiniLM) -> None:
    none, blank, long = encode(encoder, None, " \n", "no " * 400)
    assert none.status == blank.status == Status.MISSING
    assert long.status == Status.OK
    assert long.message == "cut to 256 of 402 tokens"


@pytest.mark.parametrize("text", ["\u200b", "\ufeff \u00ad", "\ufe0f\u200d", "\u0301", "\ufffd"])
def test_a_text_without_a_token_of_its_own_is_missing(encoder: MiniLM, text: str) -> None:
    around = Clip("u", text, None, context=("so what",), following=("well",))
    for clip in (Clip("u", text, None), around):
        shown, empty, said = encoder.encode([Clip("a", "!", None), clip, Clip("b", "Hi", None)])
        assert shown.status == said.status == Status.OK
        assert (empty.status, empty.message, empty.values) == (Status.MISSING, "no text", None)


def test_length_one_on_request() -> None:
    (result,) = encode(make("text", Parameters(normalize=True)), "Fine.")
    assert result.values is not None
    assert result.values.shape == (384,)
    assert np.linalg.norm(result.values) == pytest.approx(1, abs=1e-6)
