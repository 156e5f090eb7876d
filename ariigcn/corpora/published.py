"""Feature files of the field's papers: table and features of IEMOCAP or MELD in one pickle.

Known are the files of MMGCN, M3NET, SDT and DialogueGCN (with ids, several modalities) and COSMIC's
(RoBERTa, four layers); :mod:`~ariigcn.corpora.read.layouts` has their fields. The files hold numbers for
labels: their order is the lineage's, and where a file is as large as the corpus its counts must bear it
out.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.corpora.config import PublishedConfig, SplitConfig
from ariigcn.corpora.read.feature_file import PublishedFile, contents, find_file, read_published
from ariigcn.corpora.read.layouts import is_list
from ariigcn.corpora.read.text_tables import clean_text
from ariigcn.corpora.splits import cut_validation, listed
from ariigcn.corpora.table import Corpus

# The lineage's label numbers, and how often each occurs in the whole corpus.
LABELS = {
    "iemocap": {
        "happy": 648,
        "sad": 1084,
        "neutral": 1708,
        "angry": 1103,
        "excited": 1041,
        "frustrated": 1849,
    },
    "meld": {
        "neutral": 6436,
        "surprise": 1636,
        "fear": 358,
        "sadness": 1002,
        "joy": 2308,
        "disgust": 361,
        "anger": 1607,
    },
}


def load(root: Path, split: SplitConfig, options: PublishedConfig | None = None) -> Corpus:
    """Read the table out of a published file; ``split`` cuts validation where the file has none.

    Raises:
        DataError: no file or several, another structure than the known ones, or fields that disagree.
    """
    options = options or PublishedConfig()
    path = find_file(root, options.file)
    published = read_published(path)
    frame, notes = _frame(published, path)
    names = options.labels or tuple(LABELS[published.corpus])
    numbers = frame.pop("label")
    _check_labels(path, numbers, names, published.corpus, given=options.labels is not None)
    frame["emotion"] = [names[number] for number in numbers]
    if "validation" not in set(frame["split"]):
        notes.append(cut_validation(frame, split))
    features, unusable = contents(published)
    return Corpus(
        name="published",
        version=f"{published.layout} ({published.corpus})",
        labels=tuple(names),
        licence=f"{published.corpus}'s own; the file's is its publisher's",
        sources={path.relative_to(root).as_posix(): sha256_file(path)},
        utterances=frame,
        notes=tuple(notes),
        extra={
            "layout": published.layout,
            "corpus": published.corpus,
            "features": features,
            "unusable": unusable,
        },
    )


def _frame(published: PublishedFile, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """The utterances in order, their labels as numbers; dialogues of no split are left out."""
    problems: list[str] = []
    notes, rows, left = [], [], []
    for dialogue in published.dialogues:
        mine = {name: field.get(dialogue) for name, field in published.fields.items()}
        sizes = {
            name: len(part) if part is not None and is_list(part) else 0
            for name, part in mine.items()
        }
        count = sizes["labels"]
        problems += [
            f"dialogue {dialogue}: {size or 'no'} {name} for {count} labels"
            for name, size in sizes.items()
            if size != count or not count
        ]
        splits = [name for name, members in published.splits.items() if dialogue in members]
        if len(splits) > 1:
            problems.append(f"dialogue {dialogue}: is in {' and '.join(splits)}")
        if not splits:
            left.append(dialogue)
        elif not problems:
            try:
                rows += [_row(dialogue, i, mine, splits[0]) for i in range(count)]
            except (ValueError, TypeError, IndexError) as error:
                problems.append(f"dialogue {dialogue}: a value does not fit its field ({error})")
    if problems:
        raise DataError(problem_list(f"{path}: its fields disagree", problems))
    if left:
        notes.append(f"{len(left)} dialogue(s) in no split are left out: {listed(left)}")
    frame = pd.DataFrame(rows)
    if frame.empty:
        raise DataError(f"{path}: no dialogue is in any split")
    frame[["media", "start_s", "end_s"]] = None, np.nan, np.nan
    return frame, notes


def _length(part: Any) -> int:
    return len(part) if is_list(part) else 0


def _row(dialogue: str, position: int, fields: Mapping[str, Any], split: str) -> dict[str, Any]:
    given = fields["ids"][position] if "ids" in fields else ""
    # MELD's files count from 0 in every dialogue; IEMOCAP's ids name their dialogue.
    whole = str(given).startswith(f"{dialogue}_")
    said = fields["sentences"][position]
    return {
        "dialogue_id": dialogue,
        "utterance_id": str(given) if whole else f"{dialogue}_utt{position}",
        "position": position,
        "speaker": _speaker(dialogue, fields["speakers"][position]),
        "text": clean_text(str(said)) or None if said is not None else None,
        "label": int(np.asarray(fields["labels"][position]).item()),
        "split": split,
    }


def _speaker(dialogue: str, value: Any) -> str:
    """IEMOCAP: session and letter, an actor. MELD: the place of the one in a one-hot vector."""
    if isinstance(value, str):
        return f"{dialogue[:5]}_{value}" if dialogue.startswith("Ses") else value
    hot = np.atleast_1d(np.asarray(value))
    number = int(hot.argmax()) if hot.size > 1 else int(hot[0])
    if dialogue.startswith("Ses") and hot.size == 2:
        return f"{dialogue[:5]}_{'MF'[number]}"
    return f"speaker-{number}"


def _check_labels(
    path: Path, numbers: "pd.Series[int]", names: Sequence[str], corpus: str, given: bool
) -> None:
    if numbers.min() < 0 or numbers.max() >= len(names):
        raise DataError(
            f"{path}: labels are numbered {numbers.min()} to {numbers.max()}, but names are "
            f"known only for 0 to {len(names) - 1}; name them in order: published.labels"
        )
    known = LABELS[corpus]
    if given or len(numbers) != sum(known.values()):
        return
    counts = numbers.value_counts().reindex(range(len(names)), fill_value=0).tolist()
    if counts != list(known.values()):
        raise DataError(
            f"{path}: {corpus} has the labels {dict(known)}, found {counts} in the order of their "
            "numbers; the file numbers its labels in another order: set published.labels to "
            "the names in that order"
        )
