"""The first screen's sentences, and what a small corpus makes of them."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ariigcn.report.compared import verdict
from ariigcn.report.summary import brief, in_words, key_figures, reachable_note
from tests.synthetic_runs import make_corpus


def results(**columns):
    row = {
        "experiment": "main", "modalities": "text+audio", "seeds": 3,
        "accuracy_mean": 0.8, "accuracy_sd": 0.02, "reachable_accuracy": np.nan,
        "share_of_reachable": np.nan, "reachable_low": np.nan, "reachable_high": np.nan,
    }  # fmt: skip
    for score in ("weighted_f1", "macro_f1"):
        row |= {f"{score}_mean": 0.7, f"{score}_sd": 0.01}
    return pd.DataFrame([row | columns])


def small_corpus():
    """One test dialogue of ten utterances."""
    corpus = make_corpus()
    frame = corpus.utterances
    kept = frame[(frame["split"] != "test") | (frame["dialogue_id"] == "d42")]
    kept = kept.assign(emotion=kept["emotion"].fillna("neutral"))
    return replace(corpus, utterances=kept.reset_index(drop=True))


def test_a_small_corpus_is_told_in_counts_and_has_no_big_figures():
    said = brief(small_corpus(), results(accuracy_mean=0.1, accuracy_sd=0.0), 0, "", None)
    assert said.few
    told = "main: right in 1 of 10 test utterances (mean over 3 seeds), from text and audio."
    assert said.answer == f"The test split is too small to say. {told}"
    assert "10 test utterances in 1 dialogue are too few to say" in " ".join(said.sure)
    assert "the test split has 10 utterances in 1 dialogue." in said.corpus
    assert "1 dialogues" not in f"{said}" and "0.0" not in said.answer


def test_a_spread_of_nothing_is_said_in_words():
    figures = dict(key_figures(results(accuracy_sd=0.0), 0))
    assert figures["Test accuracy"].beside == ""
    assert figures["Weighted F1"].beside == "± 1.0"
    answer = brief(make_corpus(), results(accuracy_sd=0.0), 0, "", None).answer
    assert "(the same in all 3 seeds)" in answer
    one = brief(make_corpus(), results(seeds=1, accuracy_sd=np.nan), 0, "", None).answer
    assert "(one seed, so its spread is not known)" in one


def test_whether_a_corpus_is_real_is_said_in_words():
    corpus = make_corpus()
    assert "whether it is real is for you to say" in in_words(corpus)
    assert "Synthetic: a program drew the faces" in in_words(replace(corpus, name="demo"))
    published = replace(corpus, name="published", extra={"corpus": "iemocap"})
    assert "Real: ten actors" in in_words(published)


def test_reachable_is_an_expectation_and_luck_above_it_is_called_so():
    known = {"reachable_accuracy": 0.75, "reachable_low": 0.65, "reachable_high": 0.85}
    note = reachable_note(results(**known, share_of_reachable=0.99))
    assert "is an expectation" in note and "\N{DAGGER}" not in note
    above = reachable_note(results(**known, share_of_reachable=1.07))
    assert (
        "main lies above the expectation (\N{DAGGER}): on so few utterances that is luck" in above
    )
    assert reachable_note(results()) == ""
    assert dict(key_figures(results(**known), 0))["Reachable, expected"].beside == "[65.0, 85.0]"


def comparisons(*rows):
    frame = pd.DataFrame(rows, columns=["experiment", "verdict", "weighted_f1_difference"])
    return frame.assign(against="main", weighted_f1_low=-0.02, weighted_f1_high=0.03)


def test_the_verdict_names_who_is_better_worse_and_undecided():
    said = verdict(
        comparisons(("a", "worse", -0.2), ("b", "worse", -0.05), ("c", "not told apart", 0.005))
    )
    assert "a and b are worse than main by 5.0 to 20.0 points of weighted F1." in said
    assert "c is not told apart from main: the difference is +0.5 points of weighted F1 " in said
    assert "(95 % interval [\N{MINUS SIGN}2.0, +3.0])" in said
    assert "after Holm's correction" in said
    assert verdict(comparisons(("a", "needs more seeds", np.nan))) == (
        "Whether a differs from main needs two seeds or more."
    )
    many = verdict(comparisons(*((f"e{i}", "better", 0.1) for i in range(9))))
    assert "e0, e1, e2, e3, e4 and 4 others are better" in many
    assert verdict(comparisons()) == ""
