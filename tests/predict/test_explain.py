"""What a prediction depends on: the numbers are those of the model asked again without it."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.core.errors import ConfigError
from ariigcn.corpora.read.transcripts import Transcript, Turn
from ariigcn.predict import explain
from ariigcn.predict.explain import explained
from ariigcn.predict.network import prepare, probabilities
from ariigcn.predict.sources import Source, table_of
from ariigcn.predict.writers import check_output

SPEAKERS = ("ABBCA", "AB", "A")


@pytest.fixture(scope="module")
def model(make_model):
    return make_model("text", "audio", past=2, future=1)


@pytest.fixture(scope="module")
def talks(model):
    """Three conversations: modality -> x [n, D] and mask [n], each; some utterances lack something."""
    draw = np.random.default_rng(0)
    found = []
    for speakers in SPEAKERS:
        count = len(speakers)
        x = {
            m: draw.normal(size=(count, size)).astype(np.float32)
            for m, size in model.head.dimensions.items()
        }
        found.append((x, {m: np.ones(count, bool) for m in x}))
    found[0][1]["audio"][1] = False
    for modality in ("text", "audio"):
        found[0][1][modality][3] = False
    return found


def of_all(model, talks):
    turns = [tuple(Turn(None, None, s, None) for s in speakers) for speakers in SPEAKERS]
    corpus = table_of([(Source(), Transcript("x", said)) for said in turns], model.labels)
    values = {m: np.concatenate([x[m] for x, _ in talks]) for m in model.modalities}
    masks = {m: np.concatenate([mask[m] for _, mask in talks]) for m in model.modalities}
    values = {m: v * masks[m][:, None] for m, v in values.items()}
    dialogues = prepare(model.head, model.network, corpus, values, masks)
    found = probabilities(model.head, model.network, dialogues)
    return explained(model.network, dialogues, model.head.graph, found)


def test_the_numbers_are_those_of_a_recomputation_by_hand(model, talks, monkeypatch):
    monkeypatch.setattr(explain, "ROWS", 12)  # two copies of the first conversation at once
    found = iter(of_all(model, talks))
    for speakers, (x, mask) in zip(SPEAKERS, talks, strict=True):
        asked = partial(model.predict_features, x, list(speakers))
        whole = asked(mask)
        for i in range(len(speakers)):
            emotion = whole[i].argmax()
            explanation = next(found)
            assert list(explanation.modalities) == [m for m in mask if mask[m][i]]
            for modality, change in explanation.modalities.items():
                less = {m: here.copy() for m, here in mask.items()}
                less[modality][i] = False
                due = asked(less)[i, emotion] - whole[i, emotion]
                assert change == pytest.approx(due, abs=1e-6)
            due = {}
            for j in range(max(i - 2, 0), min(i + 2, len(speakers))):
                if j == i or not (mask["text"][j] or mask["audio"][j]):
                    continue
                less = {m: here.copy() for m, here in mask.items()}
                for here in less.values():
                    here[j] = False
                due[j] = asked(less)[i, emotion] - whole[i, emotion]
            strongest = sorted(due, key=lambda j: -abs(due[j]))[:3]
            assert [near.number for near in explanation.context] == strongest
            for near in explanation.context:
                assert near.change == pytest.approx(due[near.number], abs=1e-6)
                assert abs(near.change) > 1e-5  # the test would tell
    assert next(found, None) is None


def test_an_utterance_alone_has_no_context(model, talks):
    assert of_all(model, talks)[-1].context == ()


def test_three_of_a_long_context_are_kept(text_model):
    said = [("AB"[n % 2], f"That is number {n}.") for n in range(12)]
    talk = text_model.predict_turns(said, explain=True)
    for utterance in talk.utterances:
        changes = [abs(near.change) for near in utterance.explanation.context]
        assert len(changes) == 3
        assert changes == sorted(changes, reverse=True)
        assert set(utterance.explanation.modalities) == {"text"}


def test_it_is_not_made_unless_asked_for_and_changes_no_prediction(text_model, tmp_path):
    said = [("Ann", "I am so <b>happy</b>!"), ("Ben", "Leave me alone."), ("Ann", "Well.")]
    plain, explained_ = (text_model.predict_turns(said, explain=e) for e in (False, True))
    assert all(u.explanation is None for u in plain.utterances)
    for own, other in zip(plain.utterances, explained_.utterances, strict=True):
        assert own == replace(other, explanation=None)
    plain.to_json(tmp_path / "plain.json")
    explained_.to_json(tmp_path / "why.json")
    [first] = json.loads((tmp_path / "plain.json").read_text())
    assert "explanation" not in first["utterances"][0]
    [first] = json.loads((tmp_path / "why.json").read_text())
    own = explained_.utterances[0].explanation
    assert first["utterances"][0]["explanation"] == {
        "modalities": dict(own.modalities),
        "context": [{"number": n.number, "change": n.change} for n in own.context],
    }
    plain.to_html(tmp_path / "plain.html")
    explained_.to_html(tmp_path / "why.html")
    assert "<details>" not in (tmp_path / "plain.html").read_text()
    page = (tmp_path / "why.html").read_text()
    assert page.count("<details><summary>") == 3
    assert "without its text: " in page
    assert ">Ann: I am so &lt;b&gt;happy&lt;/b&gt;!</a>: " in page


def test_the_command_explains_on_the_terminal_and_refuses_formats_that_cannot(
    text_model, tmp_path, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "200")
    text_model.save_pretrained(tmp_path / "model")
    (tmp_path / "talk.csv").write_text("speaker,text\nAnn,Hi.\nBen,Leave me alone.\n")
    command = ["predict", str(tmp_path / "talk.csv"), "--explain"]
    command += ["--model", str(tmp_path / "model")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0
    assert "(points without its text " in done.stdout
    assert "utterance 2 " in done.stdout
    refused = CliRunner().invoke(app, [*command, "-o", str(tmp_path / "x.csv")])
    assert refused.exit_code == 1
    assert "holds no explanations; name one of .json, .html" in refused.stderr
    with pytest.raises(ConfigError, match="no explanations"):
        check_output(tmp_path / "x.srt", explained=True)
