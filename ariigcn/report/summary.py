"""The page's first lines: what was run, which experiment is best, what to beware of.

``results`` has the columns of :func:`~ariigcn.evaluation.tables.frames.results_frame`.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from ariigcn.corpora.table import Corpus
from ariigcn.evaluation.tables.frames import modality_key, percent
from ariigcn.report.cells import Number, measured
from ariigcn.report.features import FeatureView


def what_was_run(corpus: Corpus, results: pd.DataFrame) -> str:
    """How many experiments and seeds, on which corpus of which size."""
    count, seeds = len(results), sorted(set(results["seeds"]))
    runs = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return (
        f"{_count(count, 'experiment')} with {runs} seed{'s' * (seeds[-1] != 1)} each on "
        f"{corpus.name} {corpus.version}: {_count(len(corpus.utterances), 'utterance')} in "
        f"{_count(corpus.utterances['dialogue_id'].nunique(), 'dialogue')}, "
        f"{_count(len(corpus.labels), 'emotion')}."
    )


def best_line(results: pd.DataFrame, best: int, basis: str) -> str:
    """What the best experiment reaches on the test split, beside what can be reached.

    Args:
        results: of :func:`ariigcn.evaluation.tables.frames.results_frame`.
        best: row of the best experiment.
        basis: by what it was chosen, as :func:`ariigcn.report.results.best_experiment` says.
    """
    row, main = results.iloc[best], results.iloc[0]
    accuracy = percent(row["accuracy_mean"], row["accuracy_sd"])
    line = f"{row['experiment']} has {basis}."
    if not accuracy:
        return f"{line} The test split has no labelled utterance, so nothing was tested."
    line += (
        f" On the test split it reaches {accuracy}\N{NO-BREAK SPACE}% accuracy from "
        f"{_in_words(row['modalities'])}"
    )
    if pd.notna(row["reachable_accuracy"]):
        most = percent(row["reachable_accuracy"])
        line += (
            f", where {most}\N{NO-BREAK SPACE}% is the most that any model can reach from these "
            "modalities with context"
        )
    if best:
        own = percent(main["accuracy_mean"], main["accuracy_sd"])
        line += f"; {main['experiment']}, the main experiment, {own}\N{NO-BREAK SPACE}%"
    return f"{line}."


def warnings(
    results: pd.DataFrame,
    features: Sequence[FeatureView],
    accepted: Mapping[str, str],
    minimum_seeds: int,
) -> list[str]:
    """What a reader must know before the scores.

    Args:
        results: of all experiments.
        features: the stores that the page shows.
        accepted: experiments that select by labels which an encoder has seen -> why.
        minimum_seeds: an experiment with fewer is called preliminary.
    """
    found = []
    few = list(results.loc[results["seeds"] < minimum_seeds, "experiment"])
    if few:
        who = "All experiments" if len(few) == len(results) else ", ".join(few)
        found.append(f"Preliminary, fewer than {minimum_seeds} seeds: {who}.")
    fitted = [f for f in features if f.header.fitted_on != "none"]
    found += [
        f"The {f.header.modality} encoder has seen the labels of the {f.header.fitted_on} split: "
        "scores on any part of that split, a validation part included, are too high."
        for f in fitted
    ]
    masked = [f"{len(f.masked):,} of {f.total:,} in {f.header.modality}" for f in features]
    if any(f.masked for f in features):
        found.append(f"Masked utterances: {', '.join(masked)}.")
    found += [
        f"{name} selects its epoch by labels that an encoder may have seen. The reason given: {why}"
        for name, why in accepted.items()
    ]
    return found


def key_figures(results: pd.DataFrame, best: int) -> list[tuple[str, Number]]:
    """The best experiment's scores, by name; those that it lacks are left out."""
    row = results.iloc[best]
    named = {
        "Test accuracy": ("accuracy_mean", "accuracy_sd"),
        "Weighted F1": ("weighted_f1_mean", "weighted_f1_sd"),
        "Macro F1": ("macro_f1_mean", "macro_f1_sd"),
        "Reachable accuracy": ("reachable_accuracy",),
        "Share of reachable": ("share_of_reachable",),
    }
    return [
        (name, measured(*(float(row[column]) for column in columns)))
        for name, columns in named.items()
        if pd.notna(row[columns[0]])
    ]


def _in_words(key: str) -> str:
    """The modalities of ``text+audio+video`` as words: ``text, audio and video``."""
    *names, last = modality_key(key.split("+")).split("+")
    return f"{', '.join(names)} and {last}" if names else last


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
