"""Cutting splits where a corpus has none of its own: by dialogue, by seed, and written down."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ariigcn.core.errors import DataError
from ariigcn.corpora.config import SplitConfig

NAMED = 20  # dialogues that a note names; the table has them all


def draw_dialogues(names: Iterable[str], share: float, seed: int) -> set[str]:
    """A share of the dialogues, at least one, by seed and not by their order in the table."""
    ordered = sorted(map(str, names))
    count = max(1, round(share * len(ordered)))
    return set(np.random.default_rng(seed).permutation(ordered)[:count].tolist())


def cut_validation(frame: pd.DataFrame, split: SplitConfig) -> str:
    """Turn some train dialogues into the validation split, in place; the note that says which.

    Raises:
        DataError: fewer than two train dialogues.
    """
    train = frame["split"] == "train"
    names = frame.loc[train, "dialogue_id"].dropna().unique()
    if len(names) < 2:
        raise DataError(f"{len(names)} train dialogue(s) and none to validate: two are needed")
    chosen = draw_dialogues(names, split.validation_share, split.seed)
    frame.loc[train & frame["dialogue_id"].isin(chosen), "split"] = "validation"
    return (
        f"validation cut here: {len(chosen)} of {len(names)} dialogues, seed {split.seed}: "
        f"{listed(chosen)}"
    )


def listed(names: Iterable[str]) -> str:
    """Names in order, the first of them where they are many."""
    ordered = sorted(names)
    rest = len(ordered) - NAMED
    return ", ".join(ordered[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
