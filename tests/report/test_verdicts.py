"""Verdicts: the same table always gives the same sentence, and none where it does not decide."""

import numpy as np
import pandas as pd
import pytest

from ariigcn.report.verdicts import (
    alignment,
    calibrated,
    distance,
    leaning,
    prices,
    shifts,
    training_length,
)

HEAD = {"modalities": ["text", "audio", "video"], "selected_epoch": 2, "epochs": 3}


def runs(selected=2, **columns):
    frame = pd.DataFrame({"epoch": [1, 2, 3]})
    for name, value in columns.items():
        frame[name] = [0.5, value, 0.5]
    return [(frame, HEAD | {"selected_epoch": selected})]


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        (
            1.0,
            "The generators did not align the modalities in this run: a probe still tells them apart",
        ),
        (0.5, "The generators aligned the modalities in part"),
        (0.35, "The generators aligned the modalities: "),
    ],
)
def test_a_probe_tells_whether_the_modalities_are_aligned(probe, said):
    sentence = alignment(runs(probe_after=probe, probe_before=1.0))
    assert sentence.startswith(said)
    assert "chance is 33.3" in sentence and "before the generators it was 100.0" in sentence


def test_chance_is_that_of_the_runs_modalities():
    two = [
        (frame, head | {"modalities": ["text", "audio"]}) for frame, head in runs(probe_after=0.5)
    ]
    assert alignment(two).startswith("The generators aligned the modalities: ")


@pytest.mark.parametrize(
    ("after", "said"), [(0.1, "falls"), (0.3, "rises"), (0.201, "stays the same")]
)
def test_the_discrepancy_falls_rises_or_stays(after, said):
    assert said in distance(runs(discrepancy_before=0.2, discrepancy_after=after))


def test_a_run_without_a_game_has_no_verdict_on_it():
    assert alignment(runs()) == distance(runs()) == ""
    assert alignment(runs(probe_after=np.nan)) == ""


def test_a_best_last_epoch_asks_for_longer_training():
    assert "In 1 of 1 seed the last epoch was the best" in training_length(
        runs(3, validation_weighted_f1=0.6)
    )
    assert "best at epoch 2, and 3 were trained" in training_length(
        runs(2, validation_weighted_f1=0.6)
    )
    assert training_length(runs()) == ""


def test_calibration_is_held_to_what_chance_makes():
    row = {"experiment": "a", "n": 1200, "ece_if_calibrated": 0.04, "confidence_mean": 0.9}
    frame = pd.DataFrame([row | {"ece_mean": 0.045, "accuracy_mean": 0.88}])
    said = calibrated(frame, "a")
    assert said.startswith("a is calibrated as far as 1,200 utterances can show")
    assert "4.5 points" in said and "no more" not in said
    frame = pd.DataFrame([row | {"ece_mean": 0.2, "accuracy_mean": 0.7}])
    assert "it is too sure: 90.0" in calibrated(frame, "a")
    assert calibrated(frame, "other") == ""


def test_the_modality_whose_loss_costs_most_is_named():
    rows = [
        ("a", modality, share, 0.9 - share * lost)
        for modality, lost in (("text", 0.1), ("video", 0.3), ("audio", -0.02))
        for share in (0.0, 1.0)
    ]
    frame = pd.DataFrame(rows, columns=["experiment", "modality", "share", "weighted_f1_mean"])
    said = leaning(frame, "a")
    assert said.startswith("a depends on video most.") and "30.0 without video, 10.0" in said
    assert said.endswith("\N{MINUS SIGN}2.0 without audio.")
    assert leaning(frame[frame["modality"] == "text"], "a") == ""
    gained = frame.assign(weighted_f1_mean=0.9 + 0.1 * frame["share"])
    assert leaning(gained, "a").startswith("a depends on no one modality")


def test_a_shift_is_harder_only_where_the_intervals_say_so():
    def errors(high):
        rows = [
            ("a", "emotion shift", "same as before", 0.8, 0.75, 0.85),
            ("a", "emotion shift", "changed", 0.5, 0.4, high),
        ]
        names = ["experiment", "by", "group", "accuracy", "accuracy_low", "accuracy_high"]
        return pd.DataFrame(rows, columns=names)

    assert shifts(errors(0.6), "a").endswith("the intervals lie apart.")
    assert shifts(errors(0.8), "a").endswith("that may be chance.")
    unknown = errors(0.6).assign(accuracy_low=np.nan)
    assert shifts(unknown, "a").endswith("with so few utterances that may be chance.")
    assert shifts(errors(0.6).head(1), "a") == ""


def test_a_part_pays_costs_or_neither_by_its_interval_over_seeds():
    changes = {
        "without-graph": "model.graph_layers 0",
        "without-game": "model.losses.adversarial 0",
        "without-imcl": "model.losses.intra_inter_modal 0",
        "without-iccl": "model.losses.intra_inter_class 0",
        "one-seed": "model.context none",
        "small": "model.hidden 8",
    }
    results = pd.DataFrame(
        {
            "experiment": ["ar-iigcn", *changes],
            "difference_mean": [np.nan, -0.014, 0.009, -0.001, 0.002, -0.02, -0.3],
            "difference_low": [np.nan, -0.022, 0.002, -0.006, -0.003, np.nan, -0.4],
            "difference_high": [np.nan, -0.006, 0.016, 0.004, 0.007, np.nan, -0.2],
        }
    )
    assert prices(results, changes) == (
        "The graph pays: +1.4 points of weighted F1, [+0.6, +2.2] over seeds.",
        "The adversarial part costs: \N{MINUS SIGN}0.9 points of weighted F1, "
        "[\N{MINUS SIGN}1.6, \N{MINUS SIGN}0.2] over seeds.",
        "Not shown to pay or to cost, in points of weighted F1 over seeds: IMCL (+0.1, "
        "[\N{MINUS SIGN}0.4, +0.6]) and ICCL (\N{MINUS SIGN}0.2, [\N{MINUS SIGN}0.7, +0.3]).",
    )
    assert not prices(results.iloc[:1], {})
