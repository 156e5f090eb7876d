"""What a corpus's labels allow: whether a model can be trained and scored, and names meant as one."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import atomic_path
from ariigcn.corpora.table import SPLITS, Corpus, read_corpus

LEAST_DIALOGUES = 3  # one a split
_MENDS = {
    "train": "fill the column 'emotion'",
    "validation": "give it one, or set training.selection to 'last'",
    "test": "give it one: nothing can be scored",
}


def trainable_problems(corpus: Corpus, splits: Collection[str] = ("train",)) -> list[str]:
    """Why a corpus cannot be trained on, one line a split and its mend; features and graphs always can.

    Args:
        corpus: the corpus.
        splits: those whose labels are needed: train; validation where it selects; test to score.
    """
    frame = corpus.utterances
    dialogues = frame["dialogue_id"].nunique()
    problems = []
    for split in splits:
        part = frame.loc[frame["split"] == split, "emotion"]
        labels = part.dropna().unique()
        few = dialogues < LEAST_DIALOGUES
        if not len(part) and few:
            problems.append(
                f"no utterance in the {split} split: three splits need {LEAST_DIALOGUES} dialogues, "
                f"the corpus has {dialogues}; add some"
            )
        elif not len(part):
            problems.append(f"no utterance in the {split} split; {_MENDS[split]}")
        elif not len(labels):
            problems.append(
                f"none of the {len(part):,} utterances of the {split} split has a label; "
                f"{_MENDS[split]}"
            )
        elif split == "train" and len(labels) == 1:
            problems.append(
                f"every label of the {split} split is '{labels[0]}'; two labels are the least"
            )
    return problems


def usable_for(corpus: Corpus) -> str:
    """What a corpus without a single label can be used for, in a sentence; empty where it has labels."""
    frame = corpus.utterances
    if frame["emotion"].notna().any():
        return ""
    dialogues = frame["dialogue_id"].nunique()
    return (
        f"you can predict it: {dialogues:,} conversation(s), {len(frame):,} utterance(s), "
        "no labels (snakemake predictions --config model=NAME ..., docs/predict.md)"
    )


def require_labels(table: Path, splits: Collection[str], out: Path) -> None:
    """Refuse a table that cannot be trained on, before hours go into its features.

    Args:
        table: the utterance table.
        splits: those whose labels are needed, as in :func:`trainable_problems`.
        out: where the number of labels by split is written; JSON.

    Raises:
        DataError: a split has no label, or training has one alone.
    """
    corpus = read_corpus(table)
    if problems := trainable_problems(corpus, splits):
        title = (
            f"{corpus.name}: you cannot train on it, but you can make features and graphs "
            f"(snakemake features graphs)"
        )
        if use := usable_for(corpus):
            title += f"; {use}"
        raise DataError(problem_list(title, problems))
    counts = corpus.utterances.groupby("split")["emotion"].count()
    told = {split: int(counts.get(split, 0)) for split in SPLITS}
    with atomic_path(out) as temporary:
        temporary.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def odd_labels(corpus: Corpus) -> Iterator[tuple[str, str, bool]]:
    """Utterances whose label is spelt in two ways, or is absent from the train split.

    Yields utterance, what is odd, and whether it is a defect for ``corpus check``.
    """
    frame = corpus.utterances
    labelled = frame[frame["emotion"].notna()]
    yield from _spelt_twice(labelled, "emotion", "labels", True)
    trained = set(labelled.loc[labelled["split"] == "train", "emotion"])
    if not trained:
        return
    untrained = labelled[~labelled["emotion"].isin(trained)]
    for name, label in zip(untrained["utterance_id"], untrained["emotion"], strict=True):
        yield str(name), f"label '{label}': no training utterance has it", False


def odd_speakers(corpus: Corpus) -> Iterator[tuple[str, str, bool]]:
    """Utterances of speakers who are spelt in two ways within a dialogue; as :func:`odd_labels`."""
    frame = corpus.utterances
    keys = pd.DataFrame(
        {"dialogue": frame["dialogue_id"], "key": _key(frame["speaker"]), "name": frame["speaker"]}
    )
    pairs = keys.drop_duplicates()
    twice = set(pairs.loc[pairs.duplicated(["dialogue", "key"]), "dialogue"])
    odd = frame[frame["dialogue_id"].isin(twice)]
    for _, dialogue in odd.groupby("dialogue_id", sort=False):
        yield from _spelt_twice(dialogue, "speaker", "speakers", False)


def _key(names: "pd.Series[str]") -> "pd.Series[str]":
    """Names without capitals and spaces."""
    return names.astype(str).str.split().str.join("").str.casefold()


def _spelt_twice(
    frame: pd.DataFrame, column: str, what: str, defect: bool
) -> Iterator[tuple[str, str, bool]]:
    """Rows whose name is spelt more often with other capitals or spaces."""
    counts = frame[column].value_counts()
    for _, names in counts.groupby(_key(counts.index.to_series()).to_numpy()):
        if len(names) == 1:
            continue
        told = ", ".join(f"'{name}' ({count:,})" for name, count in names.items())
        rows = frame.loc[frame[column].isin(names.index[1:]), "utterance_id"]
        yield from ((str(row), f"{what} that may be one: {told}", defect) for row in rows)
