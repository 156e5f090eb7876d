"""Cutting splits where a corpus has none of its own: by dialogue, by seed, and written down."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ariigcn.corpora.config import SplitConfig

CUT = "validation cut here"  # how the note begins that tells of it
NAMED = 20  # dialogues that a note names; the table has them all


def is_cut(notes: Iterable[str]) -> bool:
    """Whether a corpus's notes tell that its validation split was cut from training."""
    return any(note.startswith(CUT) for note in notes)


def draw_share(names: Iterable[str], share: float, seed: int) -> set[str]:
    """A share of the dialogues, at least one, by seed and not by their order in the table."""
    ordered = sorted(map(str, names))
    count = max(1, round(share * len(ordered)))
    return set(np.random.default_rng(seed).permutation(ordered)[:count].tolist())


def cut_validation(frame: pd.DataFrame, split: SplitConfig) -> str:
    """Turn some train dialogues into the validation split, in place; the note that says which.

    With a share of 0, or of fewer than two train dialogues, nothing is cut; the note says so.

    Args:
        frame: one row an utterance; dialogue_id, speaker and split are read, split is written.
        split: share and seed.
    """
    train = frame["split"] == "train"
    names = frame.loc[train, "dialogue_id"].dropna().unique()
    if split.validation_share == 0:
        return "there is no validation split: split.validation_share is 0"
    if len(names) < 2:
        return f"there is no validation split: it needs two train dialogues, there are {len(names)}"
    chosen = draw_share(names, split.validation_share, split.seed)
    frame.loc[train & frame["dialogue_id"].isin(chosen), "split"] = "validation"
    return (
        f"{CUT}: {len(chosen)} of {len(names)} dialogues, seed {split.seed}: "
        f"{listed(chosen)}{_heard(frame)}"
    )


def _heard(frame: pd.DataFrame) -> str:
    """That validation knows more of its speakers from training than the test split does."""
    trained = set(frame.loc[frame["split"] == "train", "speaker"].dropna())
    known = {}
    for name in ("validation", "test"):
        own = set(frame.loc[frame["split"] == name, "speaker"].dropna())
        known[name] = (len(own & trained), len(own))
    (heard, of), (test_heard, test_of) = known.values()
    if heard * test_of <= test_heard * of:
        return ""
    return (
        f"; {heard} of its {of} speakers are also in training, against {test_heard} of the "
        f"test split's {test_of}: its scores are too high compared with the test split's"
    )


def listed(names: Iterable[str]) -> str:
    """Names in order, the first utterances where they are many."""
    ordered = sorted(names)
    rest = len(ordered) - NAMED
    return ", ".join(ordered[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
