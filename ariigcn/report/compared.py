"""The verdict of the tests of all experiments against the main one, as sentences."""

import pandas as pd

from ariigcn.evaluation.statistics.comparisons import (
    BETTER,
    NEEDS_DIALOGUES,
    NEEDS_SEEDS,
    UNDECIDED,
    WORSE,
)
from ariigcn.evaluation.tables.latex import signed, span
from ariigcn.report.words import joined

NAMED = 6  # experiments that a sentence names


def verdict(comparisons: pd.DataFrame) -> str:
    """What the tests of all experiments against the main one say, as sentences."""
    if not len(comparisons):
        return ""
    main = comparisons["against"].iloc[0]
    found = {str(key): part for key, part in comparisons.groupby("verdict", sort=False)}
    said = [
        f"{_names(found[word])} {_is(found[word])} {word} than {main} by {_points(found[word])}"
        for word in (BETTER, WORSE)
        if word in found
    ]
    if UNDECIDED in found:
        part = found[UNDECIDED]
        between = f"the difference is {_points(part, signs=True)}"
        said.append(f"{_names(part)} {_is(part)} not told apart from {main}: {between}")
    for word, needs in (
        (NEEDS_SEEDS, "two seeds or more"),
        (NEEDS_DIALOGUES, "more test dialogues"),
    ):
        if word in found:
            part = found[word]
            differ = "differs" if len(part) == 1 else "differ"
            said.append(f"Whether {_names(part)} {differ} from {main} needs {needs}")
    sentences = " ".join(f"{s}." for s in said)
    if {BETTER, WORSE} & set(found):
        sentences += (
            " Better and worse hold over other dialogues (after Holm's correction) and seeds."
        )
    return sentences


def _points(part: pd.DataFrame, *, signs: bool = False) -> str:
    """The differences of some experiments, with the interval where there is one alone."""
    values = part["weighted_f1_difference"]
    told = [signed(v) if signs else f"{100 * abs(v):.1f}" for v in values.sort_values(key=abs)]
    if len(part) == 1:
        row = part.iloc[0]
        between = span(row["weighted_f1_low"], row["weighted_f1_high"], signs=True)
        return f"{told[0]} points of weighted F1 (95 % interval {between})"
    return f"{told[0]} to {told[-1]} points of weighted F1"


def _names(part: pd.DataFrame) -> str:
    names = part["experiment"].tolist()
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1} others"]
    return joined(names)


def _is(part: pd.DataFrame) -> str:
    return "is" if len(part) == 1 else "are"
