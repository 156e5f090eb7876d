"""A small made-up project: a corpus, its feature stores and trained runs, without any training."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ariigcn.core.storage import write_table
from ariigcn.corpora.table import Corpus, write_corpus
from ariigcn.evaluation.figures.draw import FigureSources, draw_figures
from ariigcn.evaluation.figures.kinds import OF_EXPERIMENT, OF_RUN, Figure, Kind
from ariigcn.evaluation.metrics import evaluate_experiment
from ariigcn.evaluation.run_files import read_metrics
from ariigcn.evaluation.tables.frames import ANY, FILLED_BY
from ariigcn.evaluation.tables.write import NAMES, TableSources, write_tables
from ariigcn.features.store import Rows, Status, StoreHeader, write_store

LABELS = ("anger", "fear", "happiness", "neutral", "sadness", "surprise")
EPOCHS = 30
REACHABLE = {
    "text": {"with_context": 0.71, "without_context": 0.58},
    "text+audio": {"with_context": 0.83, "without_context": 0.74},
    "text+audio+video": {"with_context": 0.91, "without_context": 0.82},
}


@dataclass
class Project:
    """Paths of a made-up project, as the report takes them."""

    table: Path
    stores: dict[str, Path] = field(default_factory=dict)
    predictions: dict[str, list[Path]] = field(default_factory=dict)
    histories: dict[str, list[Path]] = field(default_factory=dict)
    metrics: dict[str, list[Path]] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    tables: dict[str, Path] = field(default_factory=dict)

    def drawn(self, kind: Kind, of: str = "") -> Path:
        """The file of a figure that was drawn."""
        return next(f.path for f in self.figures if (f.kind, f.of) == (kind, of))


def make_project(
    folder: Path,
    *,
    validation: bool = True,
    absent: str = "",
    reachable: bool = True,
    message: str = "moov atom not found",
    speaker: str = "Ada",
    corpus: Corpus | None = None,
    labels: Sequence[str] = LABELS,
    experiments: Sequence[tuple[str, tuple[str, ...], int, float, bool]] = (
        ("ar-iigcn", ("text", "audio", "video"), 5, 0.78, True),
        ("text-only", ("text",), 1, 0.6, False),
    ),
) -> Project:
    """Write a project below ``folder``.

    Args:
        validation: whether the corpus has a validation split.
        absent: an emotion that the test split lacks.
        corpus: taken in place of :func:`make_corpus`'s.
        labels: the six emotions' names.
        experiments: name, modalities, seeds, test accuracy aimed at, whether it has discriminators.
    """
    project = Project(folder / "utterances.parquet")
    corpus = corpus or make_corpus(validation, absent, reachable, speaker, labels)
    write_corpus(corpus, project.table)
    for modality in ("text", "audio", "video"):
        path = folder / f"{modality}.synthetic.h5"
        write_store(path, _header(modality), _rows(modality, corpus.utterances, message))
        project.stores[modality] = path
    for name, modalities, seeds, quality, discriminators in experiments:
        runs = [folder / name / f"seed-{seed}" for seed in range(seeds)]
        project.predictions[name] = [run / "predictions.parquet" for run in runs]
        project.histories[name] = [run / "history.parquet" for run in runs]
        project.metrics[name] = [run / "metrics.json" for run in runs]
        for seed, run in enumerate(runs):
            head = {
                "corpus": corpus.name,
                "experiment": name,
                "seed": seed,
                "labels": list(corpus.labels),
                "modalities": list(modalities),
                "selected_epoch": 17 + seed,
                "epochs": EPOCHS,
            }
            rng = np.random.default_rng([seed, len(name)])
            write_run_table(run / "predictions.parquet", _predictions(corpus, quality, rng), head)
            write_run_table(
                run / "history.parquet",
                _history(modalities if discriminators else (), validation, rng),
                head,
            )
        evaluate_experiment(project.predictions[name], project.metrics[name])
    return project


def table_sources(project: Project, **others: object) -> TableSources:
    """A project as the tables take it; every experiment reads its own modalities' stores."""
    stores = {
        name: {m: project.stores[m] for m in read_metrics(files[0])["modalities"]}
        for name, files in project.metrics.items()
    }
    return TableSources(project.table, project.metrics, project.predictions, stores, **others)


def write_all(project: Project, folder: Path) -> None:
    """Write every table of a project, with made-up scores for missing modalities."""
    missing = []
    for name in project.metrics:
        missing.append(folder / f"{name}.missing.parquet")
        write_table(pa.Table.from_pandas(_missing(name), preserve_index=False), {}, missing[-1])
    write_tables(table_sources(project, missing=missing), folder / "tables")
    project.tables |= {name: folder / "tables" / f"{name}.csv" for name in (*NAMES, "published")}


DRAWN = (*OF_RUN, *OF_EXPERIMENT)


def draw_all(project: Project, folder: Path, kinds: Sequence[Kind] = DRAWN) -> None:
    """Draw the figures of some kinds, and write the tables that they need."""
    if set(OF_RUN) & set(kinds):
        write_all(project, folder)
    project.figures += [
        Figure.within(folder, kind, of)
        for kind in kinds
        for of in ([""] if kind in OF_RUN else project.metrics)
    ]
    draw_figures(project.figures, figure_sources(project))


def figure_sources(project) -> FigureSources:
    """What the project's figures are drawn from."""
    return FigureSources(
        table=project.table,
        metrics=project.metrics,
        histories=project.histories,
        predictions=project.predictions,
        tables=project.tables,
        fine_tuned={},
    )


def _missing(experiment: str) -> pd.DataFrame:
    of_one = [
        (m, share, "model") for m in ("text", "video") for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    of_any = [(ANY, s, f) for s in (0.0, 0.5) for f in (FILLED_BY if s else FILLED_BY[:1])]
    rows = [
        (experiment, seed, m, share, by, round(160 * share), 0.7 - 0.3 * share, 0.7 - 0.35 * share)
        for seed in range(2)
        for m, share, by in (*of_one, *of_any)
    ]
    names = [
        "experiment",
        "seed",
        "modality",
        "share",
        "filled_by",
        "masked",
        "accuracy",
        "weighted_f1",
    ]
    return pd.DataFrame(rows, columns=names)


def make_corpus(
    validation: bool = True,
    absent: str = "",
    reachable: bool = True,
    speaker: str = "Ada",
    labels: Sequence[str] = LABELS,
) -> Corpus:
    """Sixty dialogues of ten utterances; one utterance in twenty is context only."""
    rng = np.random.default_rng(7)
    rows = []
    for dialogue in range(60):
        split = "train" if dialogue < 36 else "test"
        if validation and 36 <= dialogue < 42:
            split = "validation"
        for position in range(10):
            emotion = str(rng.choice(labels, p=(0.15, 0.05, 0.2, 0.35, 0.15, 0.1)))
            unlabelled = rng.random() < 0.05 or (split == "test" and emotion == absent)
            rows.append(
                {
                    "dialogue_id": f"d{dialogue:02d}",
                    "utterance_id": f"d{dialogue:02d}_u{position}",
                    "position": position,
                    "speaker": (speaker, "Ben", "Cleo")[int(rng.integers(3))],
                    "text": f"secret words {dialogue} {position}",
                    "emotion": None if unlabelled else emotion,
                    "split": split,
                    "media": f"clips/d{dialogue:02d}_u{position}.mp4",
                    "start_s": None,
                    "end_s": None,
                }
            )
    return Corpus(
        name="synthetic",
        version="1.0",
        labels=tuple(labels),
        licence="made for tests, no restriction.",
        sources={"script.csv": "ab" * 32, "clips.tar.gz": "cd" * 32},
        utterances=pd.DataFrame(rows).astype({"start_s": float, "end_s": float}),
        notes=("d03_u4: its clip holds no frames; its audio and video are masked.",),
        extra={"reachable": {"test": REACHABLE}} if reachable else {},
    )


def write_run_table(path: Path, frame: pd.DataFrame, head: dict[str, object]) -> None:
    """Write a parquet file with the head that a run's tables carry."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(pa.Table.from_pandas(frame, preserve_index=False), head, path)


def _predictions(corpus: Corpus, quality: float, rng: np.random.Generator) -> pd.DataFrame:
    frame = corpus.utterances
    labels = corpus.labels
    probabilities = rng.dirichlet(np.ones(len(labels)), size=len(frame)).astype(np.float32)
    prediction = np.array(labels)[
        rng.choice(len(labels), len(frame), p=(0.2, 0, 0.2, 0.4, 0.1, 0.1))
    ]
    right = (rng.random(len(frame)) < quality) & frame["emotion"].notna()
    columns = {
        "utterance_id": frame["utterance_id"],
        "dialogue_id": frame["dialogue_id"],
        "split": frame["split"],
        "label": frame["emotion"],
        "prediction": np.where(right, frame["emotion"], prediction),
    }
    named = {f"prob_{label}": probabilities[:, i] for i, label in enumerate(labels)}
    return pd.DataFrame(columns | named)


def _history(
    discriminators: Sequence[str], validation: bool, rng: np.random.Generator
) -> pd.DataFrame:
    epoch = np.arange(1, EPOCHS + 1)
    falling = np.exp(-epoch / 8)

    def noisy(values: np.ndarray, spread: float) -> np.ndarray:
        return values + spread * rng.standard_normal(EPOCHS)

    columns = {
        "epoch": epoch,
        "loss": noisy(3.1 * falling + 1, 0.05),
        "loss_cls": noisy(1.6 * falling + 0.2, 0.03),
        "loss_imcl": noisy(0.6 * falling + 0.3, 0.02),
        "loss_iccl": noisy(0.5 * falling + 0.2, 0.02),
        "loss_adv": np.full(EPOCHS, np.nan),
        "loss_disc": np.full(EPOCHS, np.nan),
    }
    if discriminators:
        columns["loss_adv"] = noisy(0.4 - 0.1 * falling, 0.02)
        columns["loss_disc"] = noisy(2 - 0.6 * falling, 0.03)
    for modality, end in zip(discriminators, (0.52, 0.56, 0.95), strict=False):
        columns[f"d_accuracy_{modality}"] = noisy(end + (0.98 - end) * falling, 0.015).clip(0, 1)
    if discriminators:
        columns |= {"probe_before": np.ones(EPOCHS), "probe_after": 1 - 0.2 * (1 - falling)}
        columns |= {
            f"discrepancy_{s}": 0.2 + d * (1 - falling) for s, d in (("before", 0), ("after", 0.1))
        }
    nothing = np.full(EPOCHS, np.nan)
    columns["validation_loss"] = noisy(1.2 * falling + 0.7, 0.03) if validation else nothing
    for name in ("validation_accuracy", "validation_weighted_f1"):
        columns[name] = noisy(0.72 - 0.5 * falling, 0.012) if validation else nothing
    columns["seconds"] = np.full(EPOCHS, 1.5)
    return pd.DataFrame(columns)


def _header(modality: str) -> StoreHeader:
    return StoreHeader(
        corpus="synthetic",
        modality=modality,
        encoder=f"{modality}-net",
        encoder_version="2.1",
        dimension=4,
        weights_sha256="0123456789abcdef" * 4 if modality != "audio" else "",
        fitted_on="train" if modality == "text" else "none",
        parameters={"rate_hz": 16000, "mix": "mean"} if modality == "audio" else {},
    )


def _rows(modality: str, frame: pd.DataFrame, message: str) -> Iterator[Rows]:
    rng = np.random.default_rng(3)
    status, messages = [Status.OK] * len(frame), [""] * len(frame)
    if modality != "text":
        status[34], messages[34] = Status.FAILED, message
        for row in rng.choice(len(frame), 4, replace=False):
            status[row], messages[row] = Status.TOO_SHORT, "0.04 s, 0.06 s are needed"
    if modality == "video":
        for row in rng.choice(len(frame), 30, replace=False):
            status[row], messages[row] = Status.NO_FACE, "no frame of 12 shows a face"
    values = rng.standard_normal((len(frame), 4)).astype(np.float32)
    values[[s != Status.OK for s in status]] = 0
    yield Rows(frame["utterance_id"].tolist(), values, status, messages)
