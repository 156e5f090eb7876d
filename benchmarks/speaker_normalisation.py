"""Sound relative to its speaker, on real speech: EmoDB, by speakers who were never heard before.

Each speaker in turn is left out; a logistic regression learns from the others. A speaker's utterances
are one dialogue, in the order of the files' names. Extraction, standardising and what is relative to the
speaker are the project's own, fitted on the speakers that are not left out.

python -m benchmarks.speaker_normalisation DIR_OF_WAVS
"""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import typer
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

from ariigcn.corpora.table import Corpus, write_corpus
from ariigcn.features.config import EncoderConfig, Normalisation
from ariigcn.features.extract import extract
from ariigcn.features.store import FeatureStore
from ariigcn.graphs.build import build_graph
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import Dialogues, make_dialogues
from ariigcn.models.parts.encoders import Standardiser
from ariigcn.models.parts.speakers import SpeakerNormaliser

EMOTIONS = dict(
    zip(
        "WLEAFTN", ["anger", "boredom", "disgust", "fear", "joy", "sadness", "neutral"], strict=True
    )
)
SETS: tuple[str | list[str], ...] = ("eGeMAPSv02", "IS09", ["eGeMAPSv02", "IS09"])
STRENGTHS = (0.01, 0.1, 1.0)  # C of the regression: how weakly its weights are held to zero
PRIORS = (1.0, 4.0, 16.0)


def emodb(folder: Path) -> Corpus:
    """The table of a folder of EmoDB's files: speaker, text, emotion and version are their names."""
    rows = []
    for speaker, files in itertools.groupby(sorted(folder.glob("*.wav")), lambda f: f.stem[:2]):
        rows += [
            {
                "dialogue_id": speaker,
                "utterance_id": file.stem,
                "position": position,
                "speaker": speaker,
                "text": None,
                "emotion": EMOTIONS[file.stem[5]],
                "split": "train",
                "media": file.name,
                "start_s": None,
                "end_s": None,
            }
            for position, file in enumerate(files)
        ]
    labels = tuple(sorted(EMOTIONS.values()))
    return Corpus("emodb", "1", labels, "research", {}, pd.DataFrame(rows))


def dialogues_of(corpus: Corpus, folder: Path, feature_set: str | list[str]) -> Dialogues:
    """The corpus with one store of sound."""
    features = EncoderConfig(
        modality="audio", encoder="opensmile", parameters={"feature_set": feature_set}
    )
    with tempfile.TemporaryDirectory() as made:
        table, store = Path(made) / "utterances.parquet", Path(made) / "audio.h5"
        write_corpus(corpus, table)
        extract(table, folder, store, features)
        rows = FeatureStore(store).read()
    mask = torch.from_numpy(rows.mask).unsqueeze(1)
    graph = build_graph(corpus, GraphConfig())
    return make_dialogues(graph, {"audio": torch.from_numpy(rows.values)}, mask)


def relative(
    dialogues: Dialogues, train: NDArray[np.bool_], how: Normalisation, *, past_only: bool
) -> NDArray[np.float32]:
    """The features that a model would read, fitted on some of the N utterances, [N, D]."""
    size = {"audio": dialogues.x["audio"].shape[1]}
    standardise = Standardiser(size)
    rows = torch.from_numpy(np.flatnonzero(train))
    standardise.fit(dialogues.x, dialogues.mask, rows)
    relate = SpeakerNormaliser(size, {"audio": how}, (), past_only=past_only)
    batch = dialogues.batch(torch.arange(len(dialogues.graph.dialogue_ids)))
    x = standardise(batch.x, batch.mask)
    found = relate(x, batch, relate.persons(dialogues.graph))["audio"]
    values: NDArray[np.float32] = found.numpy()
    return values


def predicted(
    dialogues: Dialogues, strength: float, how: Normalisation, *, past_only: bool
) -> NDArray[np.int64]:
    """The emotion of every utterance, by what the other speakers taught, [N]."""
    label, person = dialogues.graph.label, dialogues.graph.person
    out = np.zeros_like(label)
    for left_out in np.unique(person):
        train = person != left_out
        x = relative(dialogues, train, how, past_only=past_only)
        regression = LogisticRegression(C=strength, max_iter=5000)
        out[~train] = regression.fit(x[train], label[train]).predict(x[~train])
    return out


def ways() -> Iterator[tuple[Normalisation, bool]]:
    """Every way that is compared, and whether an utterance hears only what was said until then."""
    yield Normalisation(), False
    for kind, past_only, prior in itertools.product(("speaker", "beside"), (False, True), PRIORS):
        yield Normalisation.model_validate({"normalise": kind, "normalise_prior": prior}), past_only


def main(folder: Path) -> None:
    """Print a table: weighted F1 and accuracy in per cent, a row a way, a column a strength."""
    torch.set_num_threads(1)
    corpus, rows = emodb(folder), []
    for feature_set in SETS:
        dialogues = dialogues_of(corpus, folder, feature_set)
        true = dialogues.graph.label
        for how, past_only in ways():
            row: dict[str, Any] = {
                "features": feature_set if isinstance(feature_set, str) else "+".join(feature_set),
                "normalise": how.normalise,
                "until then": past_only,
                "prior": how.normalise_prior,
            }
            for strength in STRENGTHS:
                own = predicted(dialogues, strength, how, past_only=past_only)
                f1 = f1_score(true, own, average="weighted", zero_division=0)
                accuracy = accuracy_score(true, own)
                row[f"C={strength}"] = f"{100 * f1:.1f} ({100 * accuracy:.1f})"
            rows.append(row)
    typer.echo(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    typer.run(main)
