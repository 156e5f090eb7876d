"""Training dialogues in folds: whole dialogues, about as many utterances in each."""

import numpy as np

from ariigcn.core.errors import DataError
from ariigcn.corpora.table import Corpus


def folds_of(corpus: Corpus, folds: int, seed: int, key: str = "folds") -> dict[str, int]:
    """Training dialogue -> its fold, from 1.

    The longest dialogues are dealt first, each to the fold with the fewest utterances; dialogues of one
    length are dealt in an order that the seed decides.

    Args:
        corpus: the utterance table.
        folds: how many.
        seed: of the order.
        key: of the configuration, for the error.

    Raises:
        DataError: fewer training dialogues than folds.
    """
    rows = corpus.utterances
    lengths = rows[rows["split"] == "train"].groupby("dialogue_id", sort=True).size()
    if len(lengths) < folds:
        raise DataError(
            f"{corpus.name}: {len(lengths)} training dialogues cannot be dealt to {folds} folds; set "
            f"{key} to fewer"
        )
    shuffled = lengths.iloc[np.random.default_rng(seed).permutation(len(lengths))]
    filled = np.zeros(folds, dtype=int)
    dealt = {}
    for dialogue, length in shuffled.sort_values(ascending=False, kind="stable").items():
        fold = int(filled.argmin())
        filled[fold] += length
        dealt[str(dialogue)] = fold + 1
    return dealt
