"""The first screen: what was asked, the answer, how sure it is, of which corpus, what to beware of.

``results`` has the columns of :func:`~ariigcn.evaluation.tables.frames.results_frame`, ``comparisons``
those of :func:`~ariigcn.evaluation.statistics.comparisons.comparisons_frame`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ariigcn.corpora.table import Corpus
from ariigcn.evaluation.tables.frames import modality_key, percent
from ariigcn.evaluation.tables.latex import span
from ariigcn.report.cells import Number, measured
from ariigcn.report.compared import verdict
from ariigcn.report.features import FeatureView
from ariigcn.report.words import CENT, count, joined

FEW_UTTERANCES = 50  # labelled test utterances below which no score says how good a model is
FEW_DIALOGUES = 30  # below, an interval over dialogues is mostly Student's tails
CORPORA = {
    "demo": "Synthetic: a program drew the faces, spoke the made-up words and chose the emotions, so "
    "it is known what can be reached. Scores say nothing about real people.",
    "meld": "Real: acted scenes of the television series Friends, in English.",
    "emorynlp": "Real: transcripts of acted scenes of the television series Friends, in English.",
    "dailydialog": "Real: written dialogues for learners of English, without recordings.",
    "iemocap": "Real: ten actors in pairs, scripted and improvised, recorded in a laboratory, in English.",
    "mosi": "Real: people who tell a camera their opinion of a film, in English; labels of sentiment.",
    "folder": "Your own conversations.",
}


@dataclass(frozen=True)
class Brief:
    """What the first screen says, in its order; ``few``: the corpus is too small for big figures."""

    asked: str
    answer: str
    chosen: str
    sure: tuple[str, ...]
    corpus: str
    few: bool


def brief(
    corpus: Corpus, results: pd.DataFrame, best: int, basis: str, comparisons: pd.DataFrame | None
) -> Brief:
    """The first screen.

    Args:
        corpus: what was tested on.
        results: of all experiments, the main one first.
        best: row of the best experiment.
        basis: by what it was chosen, as :func:`ariigcn.report.results.best_experiment` says.
        comparisons: of all experiments with the main one; None where no tables were written.
    """
    tested = corpus.utterances[corpus.utterances["split"] == "test"]
    tested = tested[tested["emotion"].notna()]
    name = results["experiment"].iloc[best]
    return Brief(
        asked=_asked(corpus, results),
        answer=_answer(results, best, len(tested)),
        chosen=f"{name} was chosen by {basis}." if len(results) > 1 else "",
        sure=tuple(_sureness(results, comparisons, tested)),
        corpus=in_words(corpus),
        few=len(tested) < FEW_UTTERANCES,
    )


def in_words(corpus: Corpus) -> str:
    """What a corpus is, whether it is real, and how large."""
    frame = corpus.utterances
    own = corpus.extra.get("corpus", corpus.name)
    what = CORPORA.get(
        own, "Not one of this project's corpora: whether it is real is for you to say."
    )
    test = frame[frame["split"] == "test"]
    size = (
        (len(frame), "utterance"), (frame["dialogue_id"].nunique(), "dialogue"),
        (frame["speaker"].nunique(), "speaker"), (len(corpus.labels), "emotion"),
        (len(test), "utterance"), (test["dialogue_id"].nunique(), "dialogue"),
    )  # fmt: skip
    said = "{} in {} of {}, {}; the test split has {} in {}.".format(
        *(count(*part) for part in size)
    )
    return f"{corpus.name} {corpus.version}. {what} {said}"


def _asked(corpus: Corpus, results: pd.DataFrame) -> str:
    main, many = results["experiment"].iloc[0], len(results)
    what = f"the emotion of an utterance, one of {len(corpus.labels)}"
    if many == 1:
        return f"How well does {main} recognise {what}?"
    return f"Which of {many} experiments recognises best {what}? How do the others compare with {main}?"


def _answer(results: pd.DataFrame, best: int, tested: int) -> str:
    row, main = results.iloc[best], results.iloc[0]
    if not tested:
        return f"{row['experiment']}, but the test split has no labelled utterance, so nothing was tested."
    right = _score(row, tested)
    few = "The test split is too small to say. " if tested < FEW_UTTERANCES else ""
    line = f"{few}{row['experiment']}: right in {right}, from {_modalities(row['modalities'])}."
    if best:
        line += f" {main['experiment']}, the main experiment, is right in {_score(main, tested)}."
    return line


def _score(row: "pd.Series[float]", tested: int) -> str:
    """How often an experiment is right, with its spread where there is one to speak of."""
    mean, sd, seeds = row["accuracy_mean"], row["accuracy_sd"], int(row["seeds"])
    if tested < FEW_UTTERANCES:
        hits = mean * tested
        told = f"{hits:.0f}" if abs(hits - round(hits)) < 0.05 else f"{hits:.1f}"
        mean_of = f" (mean over {count(seeds, 'seed')})" if seeds > 1 else ""
        return f"{told} of {count(tested, 'test utterance')}{mean_of}"
    if seeds == 1:
        spread = "one seed, so its spread is not known"
    elif sd < 0.0005:
        spread = f"the same in all {seeds} seeds"
    else:
        spread = f"± {percent(sd)} over {seeds} seeds"
    return f"{percent(mean)}{CENT} of {tested:,} test utterances ({spread})"


def _sureness(
    results: pd.DataFrame, comparisons: pd.DataFrame | None, tested: pd.DataFrame
) -> list[str]:
    said = []
    dialogues = tested["dialogue_id"].nunique()
    if comparisons is not None and len(results) > 1:
        said.append(verdict(comparisons))
    elif len(results) == 1:
        said.append("There is one experiment, so nothing was compared.")
    if 0 < len(tested) < FEW_UTTERANCES:
        said.append(
            f"{count(len(tested), 'test utterance')} in {count(dialogues, 'dialogue')} "
            f"{'is' if len(tested) == 1 else 'are'} too few to say "
            "how good a model is: these figures show that the workflow ran."
        )
    elif 0 < dialogues < FEW_DIALOGUES:
        said.append(
            f"{count(dialogues, 'test dialogue')} {'is' if dialogues == 1 else 'are'} few: only large "
            "differences can be shown, and scores on other dialogues may be several points away."
        )
    return said


def reachable_note(results: pd.DataFrame) -> str:
    """What reachable accuracy is, and why a score can lie above it; empty where it is not known."""
    known = results[results["reachable_accuracy"].notna() & results["accuracy_mean"].notna()]
    if not len(known):
        return ""
    note = (
        "Reachable accuracy is an expectation: what a perfect classifier scores on average from the "
        "same modalities with context. In brackets is the range of 95 % of its scores on as many test "
        "utterances as here."
    )
    above = known.loc[known["share_of_reachable"] > 1, "experiment"].tolist()
    if above:
        note += (
            f" {joined(above)} {'lies' if len(above) == 1 else 'lie'} above the expectation (\N{DAGGER}): "
            "on so few utterances that is luck, not an error; no model is better than the perfect one."
        )
    return note


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
        who = "all experiments" if len(few) == len(results) else ", ".join(few)
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
    """The best experiment's scores, by name; those that it lacks are left out, and so is no spread."""
    row = results.iloc[best]
    named = {"Test accuracy": "accuracy", "Weighted F1": "weighted_f1", "Macro F1": "macro_f1"}
    figures = [
        (title, measured(row[f"{name}_mean"], _spread(row[f"{name}_sd"])))
        for title, name in named.items()
        if pd.notna(row[f"{name}_mean"])
    ]
    if figures and pd.notna(row["reachable_accuracy"]):
        between = span(row["reachable_low"], row["reachable_high"])
        figures.append(("Reachable, expected", Number(percent(row["reachable_accuracy"]), between)))
    return figures


def _spread(sd: float) -> float:
    return sd if sd >= 0.0005 else float("nan")


def _modalities(key: str) -> str:
    """The modalities of ``text+audio+video`` as words: ``text, audio and video``."""
    return joined(modality_key(key.split("+")).split("+"))
