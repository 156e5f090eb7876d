"""A conversation that goes on gives the numbers of the conversation that is over."""

import io
import json
import random

import numpy as np
import pytest
from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.core.errors import ConfigError, DataError
from ariigcn.predict import zoo
from ariigcn.predict.carried import CarriedState
from ariigcn.predict.follow import follow
from ariigcn.predict.online import WORDS_ALONE, OnlineModel

WORDS = [
    "I",
    "you",
    "never",
    "go",
    "home",
    "yes",
    "no",
    "way",
    "job",
    "happy",
    "sad",
    "angry",
    "really",
    "please",
    "stop",
    "it",
]
PAIRS = tuple(
    f"{j} to {i} {when}" for j in range(2) for i in range(2) for when in ("until now", "future")
)


def turns(count, speakers="ABC"):
    draw = random.Random(0)
    said = [
        (draw.choice(speakers), " ".join(draw.choices(WORDS, k=draw.randint(1, 6))))
        for _ in range(count)
    ]
    return [*said[:2], (said[2][0], ""), *said[3:]]  # of one the words are not known


def probabilities(utterances):
    return np.array([list(u.probabilities.values()) for u in utterances])


@pytest.fixture(scope="module")
def past_only_model(make_model):
    return make_model("text", past=3, future=0)


@pytest.mark.parametrize(
    ("settings", "graph"),
    [
        ({}, {"past": 3}),
        ({}, {"past": 0}),
        ({}, {"past": -1}),
        ({"context": "none", "graph_layers": 3, "relation_bases": 0}, {"past": 2}),
        ({"graph_layers": 0}, {"past": 3}),
        ({"context": "qrnn"}, {"past": 3}),
        ({"graph_layer": "gatv2"}, {"past": 3}),
        ({"graph_layer": "rgcn"}, {"past": 3}),
        ({"name": "bc-lstm"}, {"past": 3}),
        ({"name": "dialogue-rnn"}, {"past": 3}),
    ],
)
def test_the_numbers_are_those_of_the_whole_conversation(make_model, settings, graph):
    model = make_model("text", settings=settings, future=0, **graph)
    said, online = turns(40), OnlineModel(model)
    found = [online.say(*turn) for turn in said]
    whole = model.predict_turns(said).utterances
    assert np.abs(probabilities(found) - probabilities(whole)).max() < 1e-5
    assert [u.number for u in found] == list(range(40))
    assert [u.text for u in found] == [u.text for u in whole]
    assert found[2].missing == whole[2].missing == {"text": "no text"}


@pytest.mark.parametrize("settings", [{}, {"name": "bc-lstm"}])
@pytest.mark.parametrize("how", ["speaker", "beside"])
@pytest.mark.parametrize("over", ["dialogue", "corpus"])
def test_words_relative_to_their_speaker_are_those_of_the_whole_conversation(
    make_model, settings, how, over
):
    """Of A the corpus has a mean; B and C are known by what they have said until now."""
    normalise = {"text": {"normalise": how, "normalise_over": over}}
    people = ("A", "Z") if over == "corpus" else ()
    model = make_model(
        "text", settings=settings, normalise=normalise, people=people, past=3, future=0
    )
    said, online = turns(40), OnlineModel(model)
    found = probabilities([online.say(*turn) for turn in said])
    assert np.abs(found - probabilities(model.predict_turns(said).utterances)).max() < 1e-5
    for count in (1, 7):
        part = probabilities(model.predict_turns(said[:count]).utterances)
        assert np.abs(part - found[:count]).max() < 1e-5
    others = [(chr(ord(name) + 1), text) for name, text in said]  # the same three, renamed
    renamed = probabilities(model.predict_turns(others).utterances)
    assert np.allclose(renamed, found, atol=1e-5) == (over == "dialogue")


def test_what_else_the_model_reads_is_masked(make_model):
    model = make_model("text", "audio", past=3, future=0)
    said, online = turns(6), OnlineModel(model)
    found = [online.say(*turn) for turn in said]
    whole = model.predict_turns(said).utterances
    assert np.abs(probabilities(found) - probabilities(whole)).max() < 1e-5
    assert set(found[0].missing) == {"audio"}


def test_pairs_of_speakers_are_numbered_by_first_appearance_and_one_too_many_changes_nothing(
    make_model,
):
    model = make_model("text", names=PAIRS, relations="speaker-pair", past=2, future=0)
    said = turns(12, "BA")
    online = OnlineModel(model)
    found = []
    for number, turn in enumerate(said):
        if number == 7:
            with pytest.raises(DataError, match="more speakers than"):
                online.say("C", "Hello?")
        found.append(online.say(*turn))
    whole = model.predict_turns(said).utterances
    assert np.abs(probabilities(found) - probabilities(whole)).max() < 1e-5


def test_what_is_kept_does_not_grow(past_only_model):
    online = OnlineModel(past_only_model)
    state = online._progress
    assert isinstance(state, CarriedState)
    for turn in turns(12):
        online.say(*turn)
    assert len(state._speakers) == 4
    assert [inputs.shape for inputs in state._inputs] == [(1, 4, 16)] * 2
    assert state._state.shape == (1, 1, 16)


def test_a_model_that_reads_what_comes_later_is_refused(text_model, make_model, monkeypatch):
    known = zoo.Known("my-online", ".", "toy", ("text",), ("joy",), True)
    monkeypatch.setattr(zoo, "shipped", lambda: [known])
    with pytest.raises(ConfigError, match=r"reads 10 later.*graph\.future: 0 \(my-online\)"):
        OnlineModel(text_model)
    with pytest.raises(ConfigError, match="reads all later"):
        OnlineModel(make_model("text", future=-1))
    with pytest.raises(ConfigError, match="reads no words"):
        OnlineModel(make_model("audio", future=0))


def test_each_line_is_answered_and_one_that_cannot_be_used_is_named(past_only_model):
    lines = [
        b'{"speaker": "Ann", "text": "I am so happy!"}\n',
        b"\n",
        b'{"speakr": "Ann", "text": "x"}\n',
        b"nothing\n",
        b"[1]\n",
        b'{"speaker": "Ann"}\n',
        b"\xff\n",
        b'{"speaker": "Ann", "text": "\\ud800"}\n',
        b'{"text": "x", "\\ud800": 1}\n',
        b"[" * 100_000 + b"\n",
        '{"speaker": "Zoë", "text": "Leave me alone."}\n'.encode(),
    ]
    out, remarks = io.BytesIO(), io.StringIO()
    assert follow(OnlineModel(past_only_model), lines, out, remarks) == 8
    first, *errors, last = map(json.loads, out.getvalue().splitlines())
    whole = past_only_model.predict_turns([("Ann", "I am so happy!"), ("Zoë", "Leave me alone.")])
    for answer, utterance in zip((first, last), whole.utterances, strict=True):
        assert list(answer) == [
            "number",
            "speaker",
            "text",
            "emotion",
            "probability",
            "probabilities",
        ]
        assert answer["emotion"] == utterance.emotion
        assert answer["number"] == utterance.number
        assert answer["probabilities"] == pytest.approx(utterance.probabilities, abs=1e-5)
    assert [error["line"] for error in errors] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert errors[0]["error"] == "line 3: unknown key 'speakr'; did you mean 'speaker'?"
    assert errors[5]["error"] == "line 8: its text holds half a character (a lone surrogate)"
    assert errors[6]["error"].startswith("line 9: not JSON ('utf-8' codec can't encode")
    assert errors[7]["error"].startswith("line 10: not JSON (maximum recursion depth")
    assert remarks.getvalue().startswith("2 utterance(s), time for each: median ")


def test_an_answer_is_out_before_the_next_line_is_read(past_only_model):
    out = io.BytesIO()

    def lines():
        for number in range(3):
            assert len(out.getvalue().splitlines()) == number
            yield b'{"text": "Well."}'

    follow(OnlineModel(past_only_model), lines(), out, io.StringIO())


def test_an_answer_says_what_it_lacks(past_only_model, make_model):
    out = io.BytesIO()
    follow(OnlineModel(past_only_model), [b'{"text": ""}', b'{"text": "Hi"}'], out, io.StringIO())
    empty, full = map(json.loads, out.getvalue().splitlines())
    assert set(empty["missing"]) == {"text"}
    assert "missing" not in full
    out = io.BytesIO()
    hearing = OnlineModel(make_model("text", "audio", future=0))
    follow(hearing, [b'{"text": "Hi"}'], out, io.StringIO())
    assert json.loads(out.getvalue())["missing"] == {"audio": WORDS_ALONE}


def test_answers_are_in_utf8_whatever_the_terminal_speaks(past_only_model, tmp_path):
    past_only_model.save_pretrained(tmp_path / "online")
    command = ["predict", "--follow", "--model", str(tmp_path / "online")]
    done = CliRunner(charset="latin-1").invoke(app, command, input='{"text": "会議"}\n'.encode())
    assert done.exit_code == 0
    assert json.loads(done.stdout_bytes)["text"] == "会議"


def test_the_command_follows_standard_input(past_only_model, text_model, tmp_path):
    for name, model in (("online", past_only_model), ("whole", text_model)):
        model.save_pretrained(tmp_path / name)
    command = ["predict", "--follow", "--model", str(tmp_path / "online")]
    good = CliRunner().invoke(app, command, input='{"text": "Well."}\n')
    assert good.exit_code == 0
    assert json.loads(good.stdout)["text"] == "Well."
    assert "1 utterance(s)" in good.stderr
    assert CliRunner().invoke(app, command, input="x\n").exit_code == 1
    late = CliRunner().invoke(app, [*command[:-1], str(tmp_path / "whole")], input="x\n")
    assert late.exit_code == 1
    assert "graph.future: 10" in late.stderr
    assert CliRunner().invoke(app, [*command, "talk.csv"]).exit_code == 2
    assert CliRunner().invoke(app, ["predict"]).exit_code == 2
