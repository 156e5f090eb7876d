"""What the diagnostics say of a run, as sentences: one place for every threshold and every verdict.

Each function reads a table that a stage has written and returns a sentence, empty where the table
does not decide. The thresholds are ours. To give a new diagnostic its sentence, add a function to
:data:`OF_HISTORY`, under the section that shows it.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ariigcn.evaluation.run_files import at_selected, read_metrics, read_run_table
from ariigcn.evaluation.statistics.errors import CHANGED, SAME
from ariigcn.evaluation.tables.frames import ANY, decimal, percent
from ariigcn.evaluation.tables.latex import signed, span
from ariigcn.report.words import CENT, count, joined

Runs = Sequence[tuple[pd.DataFrame, dict[str, Any]]]  # the seeds' histories, each with its head
ALIGNED, APART = 0.1, 0.5  # of the way from chance to certainty that a probe gets
# What an ablation sets, and the part that it takes away; this sentence stands with the ablations.
PARTS = {
    "model.losses.adversarial 0": "the adversarial part",
    "model.losses.intra_inter_modal 0": "IMCL",
    "model.losses.intra_inter_class 0": "ICCL",
    "model.graph_layers 0": "the graph",
    "model.context none": "the context encoder",
}
CALIBRATED = 1.25  # times the ECE that a calibrated model of the same confidence shows


def alignment(runs: Runs) -> str:
    """Whether the generators aligned the modalities: what a linear probe still tells of them."""
    after, before = _selected(runs, "probe_after"), _selected(runs, "probe_before")
    if after is None:
        return ""
    chance = 1 / len(runs[0][1]["modalities"])
    reached = (after - chance) / (1 - chance)
    still = "" if before is None else "still "
    told = f"a probe {still}tells them apart in {percent(after)}{CENT} of cases"
    beside = f"chance is {percent(chance)}{CENT}"
    if before is not None:
        beside += f", before the generators it was {percent(before)}{CENT}"
    if reached > APART:
        return f"The generators did not align the modalities in this run: {told} ({beside})."
    if reached > ALIGNED:
        return f"The generators aligned the modalities in part: {told} ({beside})."
    return f"The generators aligned the modalities: {told} ({beside})."


def distance(runs: Runs) -> str:
    """Whether the generators brought the modalities nearer to each other."""
    after, before = _selected(runs, "discrepancy_after"), _selected(runs, "discrepancy_before")
    if after is None or before is None:
        return ""
    was, now = decimal(before, 2), decimal(after, 2)
    if abs(after - before) < 0.05 * before:
        return f"Their discrepancy stays the same: {was} before the generators, {now} after."
    way = "falls" if after < before else "rises, away from what they are for,"
    return f"Their discrepancy {way} from {was} before the generators to {now} after."


def training_length(runs: Runs) -> str:
    """Whether training ended before validation did."""
    heads = [head for frame, head in runs if _has(frame, "validation_weighted_f1")]
    if not heads:
        return ""
    last = sum(head["selected_epoch"] >= head["epochs"] for head in heads)
    if last:
        return (
            f"In {last} of {count(len(heads), 'seed')} the last epoch was the best on validation: train "
            "longer (training.epochs)."
        )
    epochs = sorted({head["selected_epoch"] for head in heads})
    at = f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {epochs[0]} to {epochs[-1]}"
    trained = max(head["epochs"] for head in heads)
    return f"Training was long enough: validation was best at {at}, and {trained} were trained."


# Section of the page -> what it says of an experiment's histories.
OF_HISTORY: Mapping[str, Sequence[Callable[[Runs], str]]] = {
    "history": (training_length,),
    "discriminators": (alignment, distance),
    "representations": (alignment,),
}


def history_verdicts(histories: Sequence[Path]) -> dict[str, tuple[str, ...]]:
    """Section -> its sentences on one experiment.

    Args:
        histories: the seeds' ``history.parquet``.
    """
    runs = [read_run_table(path) for path in histories]
    return {
        section: tuple(said for rule in rules if runs and (said := rule(runs)))
        for section, rules in OF_HISTORY.items()
    }


def prices(results: pd.DataFrame, changes: Mapping[str, str]) -> tuple[str, ...]:
    """What each part of the model that an ablation takes away gives or costs.

    Args:
        results: of all experiments, with their differences to the main one.
        changes: experiment -> what it sets.
    """
    decided, undecided = [], []
    for experiment, part in ((e, PARTS[sets]) for e, sets in changes.items() if sets in PARTS):
        row = _row(results, experiment)
        if row is None or pd.isna(row["difference_low"]):
            continue
        gain, low, high = (-row[f"difference_{end}"] for end in ("mean", "high", "low"))
        interval = span(low, high, signs=True)
        if low > 0 or high < 0:
            named, does = part[0].upper() + part[1:], "pays" if low > 0 else "costs"
            told = f"{signed(gain)} points of weighted F1, {interval} over seeds"
            decided.append(f"{named} {does}: {told}.")
        else:
            undecided.append(f"{part} ({signed(gain)}, {interval})")
    if not undecided:
        return tuple(decided)
    unit = "in points of weighted F1 over seeds"
    return (*decided, f"Not shown to pay or to cost, {unit}: {joined(undecided)}.")


def confusion(metrics: Sequence[Path]) -> str:
    """The error that is made most often, over all seeds."""
    seeds = [read_metrics(path) for path in metrics]
    tests = [s["splits"]["test"]["confusion"] for s in seeds if "test" in s["splits"]]
    if not tests:
        return ""
    counts = np.sum(tests, axis=0)
    wrong = counts - np.diag(np.diag(counts))
    if not wrong.any():
        return "No test utterance is predicted wrong."
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    labels = seeds[0]["labels"]
    share = percent(wrong[true, predicted] / counts[true].sum())
    return (
        f"The most frequent error: {labels[true]} is taken for {labels[predicted]}, in {share}{CENT} of "
        f"its utterances; that is {percent(wrong[true, predicted] / wrong.sum())}{CENT} of all errors."
    )


def calibrated(calibration: pd.DataFrame, experiment: str) -> str:
    """Whether confidence can be believed."""
    row = _row(calibration, experiment)
    if row is None or pd.isna(row["ece_mean"]):
        return ""
    error, if_calibrated = row["ece_mean"], row["ece_if_calibrated"]
    if error <= CALIBRATED * if_calibrated:
        return (
            f"{experiment} is calibrated as far as {row['n']:,} utterances can show: its error is "
            f"{percent(error)} points, and chance alone makes about {percent(if_calibrated)}."
        )
    gap = row["confidence_mean"] - row["accuracy_mean"]
    side = "too sure" if gap > 0 else "not sure enough"
    return (
        f"{experiment} is not calibrated: its error is {percent(error)} points where chance makes "
        f"{percent(if_calibrated)}. On average it is {side}: {percent(row['confidence_mean'])}{CENT} "
        f"sure, {percent(row['accuracy_mean'])}{CENT} right."
    )


def leaning(missing: pd.DataFrame, experiment: str) -> str:
    """Which modality an experiment depends on most."""
    of_one = (missing["experiment"] == experiment) & (missing["modality"] != ANY)
    own = missing[of_one].set_index(["modality", "share"])
    modalities = list(dict.fromkeys(own.index.get_level_values("modality")))
    if len(modalities) < 2:
        return ""
    score = own["weighted_f1_mean"]
    lost = {m: score[(m, 0.0)] - score[(m, 1.0)] for m in modalities}
    ordered = sorted(lost, key=lambda m: -lost[m])
    told = ", ".join(f"{decimal(100 * lost[m], 1)} without {m}" for m in ordered)
    if lost[ordered[0]] <= 0:
        return f"{experiment} depends on no one modality: without it, weighted F1 is no lower."
    return (
        f"{experiment} depends on {ordered[0]} most. Points of weighted F1 that it loses: {told}."
    )


def shifts(errors: pd.DataFrame, experiment: str) -> str:
    """Whether a change of emotion makes utterances harder."""
    own = errors[(errors["experiment"] == experiment) & (errors["by"] == "emotion shift")]
    groups: dict[str, Any] = {row["group"]: row for _, row in own.iterrows()}
    if not {SAME, CHANGED} <= set(groups):
        return ""
    same, changed = groups[SAME], groups[CHANGED]
    told = (
        f"{experiment} is right in {percent(changed['accuracy'])}{CENT} of the utterances where the "
        f"speaker's emotion changed and in {percent(same['accuracy'])}{CENT} where it stayed"
    )
    if pd.isna(same["accuracy_low"]) or pd.isna(changed["accuracy_low"]):
        return f"{told}; with so few utterances that may be chance."
    apart = (
        changed["accuracy_high"] < same["accuracy_low"]
        or same["accuracy_high"] < changed["accuracy_low"]
    )
    ending = "the intervals lie apart" if apart else "the intervals overlap, so that may be chance"
    return f"{told}; {ending}."


def _row(frame: pd.DataFrame, experiment: str) -> "pd.Series[Any] | None":
    own = frame[frame["experiment"] == experiment]
    return own.iloc[0] if len(own) else None


def _selected(runs: Runs, name: str) -> float | None:
    """Mean over seeds of a column at the epoch that was selected; None where no seed has it."""
    values = [at_selected(frame, head, name) for frame, head in runs]
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if found else None


def _has(frame: pd.DataFrame, name: str) -> bool:
    return name in frame and bool(frame[name].notna().any())
