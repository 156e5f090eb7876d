"""Features relative to their speaker: against sums written out, and what may not enter them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from ariigcn.features.config import Normalisation
from ariigcn.graphs.build import build_graph
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import make_dialogues
from ariigcn.models.parts import speakers
from ariigcn.models.parts.encoders import Standardiser
from ariigcn.models.parts.speakers import SpeakerNormaliser
from tests.synthetic_corpus import SIZES, make_corpus, make_toy, whole_batch

PRIOR = 3.0
BESIDE = Normalisation(normalise="beside", normalise_prior=PRIOR)


@pytest.fixture(scope="module")
def dialogues():
    """Dialogues whose features are in the standardiser's units: N(0, 1) but for the label's mark."""
    return make_toy([9, 1, 4, 7, 12, 3])


def relating(how=BESIDE, people=(), past_only=False, modality="audio"):
    return SpeakerNormaliser(SIZES, {modality: how}, people, past_only=past_only)


def related(relate, x, dialogues):
    """Features of all dialogues, made relative."""
    return relate(x, whole_batch(dialogues), relate.persons(dialogues.graph))


def by_hand(values, own, prior=PRIOR):
    """Values [D] held against a speaker's utterances [k, D], as the docstrings say it."""
    count = len(own)
    mean = own.sum(0) / (count + prior)
    spread = ((own - own.mean(0)) ** 2).sum(0) if count else 0.0
    scale = np.sqrt((spread + prior) / (max(count - 1, 0) + prior))
    return np.clip((values - mean) / scale, -10, 10)


def expected(dialogues, past_only, modality="audio"):
    """Utterance by utterance, from the table's own names."""
    x = dialogues.x[modality].double().numpy()
    usable = dialogues.mask[:, dialogues.modalities.index(modality)].numpy()
    ends, out = dialogues.dialogue_ptr.tolist(), np.zeros_like(x)
    for start, stop in pairwise(ends):
        for row in range(start, stop):
            last = row + 1 if past_only else stop
            same = [
                r
                for r in range(start, last)
                if usable[r] and dialogues.speaker[r] == dialogues.speaker[row]
            ]
            if usable[row]:
                out[row] = by_hand(x[row], x[same])
    return out


@pytest.mark.parametrize("past_only", [False, True])
@pytest.mark.parametrize("rows", [1024, 2])
def test_it_is_the_mean_and_scale_of_the_speaker_in_the_dialogue(
    dialogues, past_only, rows, monkeypatch
):
    monkeypatch.setattr(speakers, "ROWS", rows)
    assert not dialogues.mask[:, 1].all()
    found = related(relating(past_only=past_only), dialogues.x, dialogues)
    plain, relative = found["audio"].split(SIZES["audio"], dim=1)
    assert torch.equal(plain, dialogues.x["audio"])
    assert np.allclose(relative, expected(dialogues, past_only), atol=1e-6)
    alone = relating(BESIDE.model_copy(update={"normalise": "speaker"}), past_only=past_only)
    assert torch.equal(related(alone, dialogues.x, dialogues)["audio"], relative)
    assert found["text"] is dialogues.x["text"] and found["video"] is dialogues.x["video"]


def test_the_models_layers_are_told_the_size_that_comes_out():
    assert relating().dimensions == {**SIZES, "audio": 2 * SIZES["audio"]}
    assert relating(Normalisation(normalise="speaker")).dimensions == SIZES
    assert relating(Normalisation(normalise="none")).normalise == {}


def test_past_only_is_what_the_conversation_until_then_gives():
    corpus = make_corpus([12])
    x = torch.randn(12, SIZES["audio"], generator=torch.Generator().manual_seed(0))
    usable = torch.rand(12, 1, generator=torch.Generator().manual_seed(1)) > 0.3

    def relative(count, past_only):
        part = replace(corpus, utterances=corpus.utterances[:count])
        graph = build_graph(part, GraphConfig())
        said = make_dialogues(graph, {"audio": (x * usable)[:count]}, usable[:count])
        return related(relating(past_only=past_only), said.x, said)["audio"]

    whole = relative(12, past_only=True)
    for count in range(1, 13):
        assert torch.allclose(whole[count - 1], relative(count, past_only=True)[-1], atol=1e-6)
        # The last utterance has heard all that its speaker says.
        assert torch.allclose(whole[count - 1], relative(count, past_only=False)[-1], atol=1e-6)
    assert not torch.allclose(whole, relative(12, past_only=False), atol=1e-2)


@pytest.mark.parametrize("past_only", [False, True])
def test_what_is_masked_stays_zero_and_counts_nowhere(dialogues, past_only):
    garbage = dialogues.x["audio"].clone()
    masked = ~dialogues.mask[:, 1]
    garbage[masked] = 7.0
    found = related(relating(past_only=past_only), {**dialogues.x, "audio": garbage}, dialogues)[
        "audio"
    ]
    clean = related(relating(past_only=past_only), dialogues.x, dialogues)["audio"]
    assert torch.equal(found[~masked], clean[~masked])
    assert not clean[masked].any()


def test_one_utterance_says_little_of_its_speaker_and_nothing_of_the_scale():
    said = make_toy([1])
    said.mask[:] = True
    relative = related(relating(), said.x, said)["audio"][0, SIZES["audio"] :]
    assert torch.allclose(relative, said.x["audio"][0] * PRIOR / (1 + PRIOR))


def test_no_label_and_no_later_dialogue_makes_a_difference(dialogues):
    found = related(relating(), dialogues.x, dialogues)["audio"]
    unlabelled = replace(dialogues, label=torch.full_like(dialogues.label, -1))
    assert torch.equal(related(relating(), dialogues.x, unlabelled)["audio"], found)
    alone = make_toy([9])
    first = slice(0, 9)
    own = replace(
        alone,
        x={m: x[first] for m, x in dialogues.x.items()},
        mask=dialogues.mask[first],
    )
    assert torch.allclose(related(relating(), own.x, own)["audio"], found[first], atol=1e-6)


def test_over_the_corpus_a_name_of_training_has_its_means_there_and_others_the_dialogues(dialogues):
    how = BESIDE.model_copy(update={"normalise_over": "corpus"})
    people = ("s0", "s1")
    relate = relating(how, people)
    rows = dialogues.rows(dialogues.of_split("train"))
    person = relate.persons(dialogues.graph)
    names = [dialogues.graph.people[p] for p in dialogues.graph.person]
    assert set(names) == {"s0", "s1", "s2"}
    assert [relate.number_of(name) for name in names] == person.tolist()
    relate.fit(dialogues, rows, Standardiser(SIZES))
    relative = related(relate, dialogues.x, dialogues)["audio"][:, SIZES["audio"] :].numpy()
    x, usable = dialogues.x["audio"].double().numpy(), dialogues.mask[:, 1].numpy()
    within = expected(dialogues, past_only=False)
    for row, name in enumerate(names):
        own = [r for r in rows.tolist() if usable[r] and names[r] == name]
        due = by_hand(x[row], x[own]) * usable[row] if name in people else within[row]
        assert np.allclose(relative[row], due, atol=1e-5), (row, name)
    test = dialogues.rows(dialogues.of_split("test"))
    assert {names[r] for r in test.tolist()} & set(people)
