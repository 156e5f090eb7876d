"""Hugging Face text encoders: pooling, context, cuts, independence of neighbours. Tiny weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.encoders.text_huggingface import Parameters, TextEncoder, make
from ariigcn.features.store import Status
from tests.features.tiny_models import WIDTH, text_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return text_model(tmp_path_factory.mktemp("roberta"))


def encoder(folder: Path, **parameters: Any) -> TextEncoder:
    return make("text", Parameters(model=str(folder), **parameters))


def encode(made: TextEncoder, *texts: str | None) -> list[Encoded]:
    return made.encode([Clip(str(i), text, None) for i, text in enumerate(texts)])


def vector(result: Encoded) -> np.ndarray:
    assert result.values is not None
    return result.values


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_pooling_is_over_the_tokens_and_not_over_the_padding(folder: Path, pooling: str) -> None:
    made = encoder(folder, pooling=pooling)
    model, ids = made.loaded.model, made.reader._tokenizer("I am happy", return_tensors="pt")
    states = model(**ids).last_hidden_state[0].numpy()
    expected = {"mean": states.mean(0), "cls": states[0], "max": states.max(0)}[pooling]
    (result,) = encode(made, "I am happy")
    assert made.dimension == WIDTH
    np.testing.assert_allclose(vector(result), expected, atol=1e-5)


def test_a_vector_does_not_depend_on_its_neighbours(folder: Path) -> None:
    made = encoder(folder, batch_tokens=64)
    words = ["well", "what", "about", "rains"] * 7
    texts = [" ".join(words[: 1 + 7 * i % 25]) for i in range(25)]
    together = np.stack([vector(e) for e in encode(made, *texts)])
    alone = np.stack([vector(encode(made, text)[0]) for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_context_is_read_and_the_furthest_is_cut_first(folder: Path) -> None:
    made = encoder(folder, context_utterances=2)

    def with_context(*context: str) -> np.ndarray:
        return vector(made.encode([Clip("u", "I am happy", None, context=context)])[0])

    alone = with_context()
    near = with_context("It rains .")
    assert np.abs(alone - near).max() > 1e-3
    assert np.abs(near - with_context("no .", "It rains .")).max() > 1e-3
    # 32 tokens: 3 of the utterance and 4 marks leave room for 25.
    full = " ".join(["rains"] * 25)
    np.testing.assert_array_equal(with_context("no no no", full), with_context(full))
    np.testing.assert_array_equal(with_context("", " "), alone)


def test_an_utterance_that_fills_the_model_loses_its_context_then_its_end(folder: Path) -> None:
    made = encoder(folder, context_utterances=1)
    nearly = " ".join(["well"] * 29)
    too_long = " ".join(["well"] * 40)
    clips = [Clip("a", nearly, None, context=("no",)), Clip("b", too_long, None, context=("no",))]
    first, second = made.encode(clips)
    assert first.message == ""
    np.testing.assert_array_equal(vector(first), vector(encode(made, nearly)[0]))
    assert second.message == "cut to 32 of 42 tokens"


def test_blank_text_is_missing(folder: Path) -> None:
    made = encoder(folder, context_utterances=1)
    for text in (None, " \n", "\u200b", "\ufeff\u00ad"):
        for context in ((), ("It rains",)):
            [result] = made.encode([Clip("u", text, None, context=context)])
            assert (result.status, result.message) == (Status.MISSING, "no text")
