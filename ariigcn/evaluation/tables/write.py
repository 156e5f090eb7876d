"""Every table of a run, as CSV and as LaTeX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.core.seals import sealed_path
from ariigcn.core.storage import read_table
from ariigcn.corpora.table import read_corpus
from ariigcn.evaluation.predictions import read_predictions
from ariigcn.evaluation.statistics.calibration import calibration_frame
from ariigcn.evaluation.statistics.comparisons import comparisons_frame
from ariigcn.evaluation.statistics.errors import errors_frame
from ariigcn.evaluation.tables import latex
from ariigcn.evaluation.tables.frames import mean_sd, per_class_frame, results_frame, seeds_interval
from ariigcn.evaluation.tables.literature import published_frame
from ariigcn.evaluation.tables.narrow import narrow_latex

NARROW = "results-narrow"  # the results once more, for one column of a paper
NAMES = ("results", "per_class", "comparisons", "calibration", "errors", "missing")


@dataclass(frozen=True)
class TableSources:
    """What the tables are made from.

    Args:
        table: the corpus's utterance table.
        metrics: experiment -> its seeds' ``metrics.json``; the order is the tables' order.
        predictions: experiment -> its seeds' ``predictions.parquet``.
        stores: experiment -> modality -> feature store.
        missing: files of :func:`ariigcn.evaluation.missing.write_missing`.
        published: table of published figures; None: the one that ships.
    """

    table: Path
    metrics: Mapping[str, Sequence[Path]]
    predictions: Mapping[str, Sequence[Path]]
    stores: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    missing: Sequence[Path] = ()
    published: Path | None = None


def write_tables(sources: TableSources, folder: Path) -> None:
    """Write ``<name>.csv`` and ``<name>.tex`` for each of :data:`NAMES`, and ``results-narrow.tex``.

    CSV holds shares between 0 and 1 (docs/statistics.md), LaTeX per cent. What others have published
    of the same corpus stands in ``published.csv``, with its source; in ``results.tex`` below a rule.
    """
    corpus = read_corpus(sources.table)
    results = results_frame(sources.metrics, corpus)
    published = published_frame(sources.published, corpus)
    per_class = per_class_frame(sources.metrics)
    # Cells that equal an experiment read its runs, which are tested once, under its name.
    distinct = dict.fromkeys(tuple(files) for files in sources.predictions.values())
    experiments = [read_predictions(files) for files in distinct]
    comparisons = comparisons_frame(experiments)
    calibration = calibration_frame(experiments)
    errors = errors_frame(experiments, corpus, sources.stores)
    missing = missing_frame(sources.missing)
    tables = {
        "results": (results, latex.results_latex(results, published)),
        "per_class": (per_class, latex.per_class_latex(per_class)),
        "comparisons": (comparisons, latex.comparisons_latex(comparisons)),
        "calibration": (calibration, latex.calibration_latex(calibration)),
        "errors": (errors, latex.errors_latex(errors)),
        "missing": (missing, latex.missing_latex(missing)),
    }
    _write_csv(published, folder / "published.csv")
    for name, (frame, tex) in tables.items():
        _write_csv(frame, folder / f"{name}.csv")
        _write_latex(tex, folder / f"{name}.tex")
    _write_latex(narrow_latex(results, comparisons), folder / f"{NARROW}.tex")


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    with sealed_path(path) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n", float_format="%.6f")


def _write_latex(tex: str, path: Path) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(tex, encoding="utf-8")


def missing_frame(files: Sequence[Path]) -> pd.DataFrame:
    """One row an experiment, modality, share and filling: seeds; each score's mean, sd, low, high.

    Raises:
        DataError: an experiment was tested twice with one seed.
    """
    keys = ["experiment", "modality", "share", "filled_by"]
    names = [f"{s}_{m}" for s in ("accuracy", "weighted_f1") for m in ("mean", "sd", "low", "high")]
    tables = [read_table(path, "scores with modalities missing")[0] for path in files]
    found = [table.to_pandas() for table in tables if len(table)]
    if not found:
        return pd.DataFrame(columns=[*keys, "seeds", *names])
    rows, every = [], pd.concat(found)
    if again := sorted(set(every["experiment"][every.duplicated([*keys, "seed"])])):
        raise DataError(f"scores with modalities missing: {', '.join(again)} stands in two files")
    for key, seeds in every.groupby(keys, sort=False):
        values = [seeds[score].tolist() for score in ("accuracy", "weighted_f1")]
        scores = [number for v in values for number in (*mean_sd(v), *seeds_interval(v))]
        rows.append((*key, len(seeds), *scores))
    return pd.DataFrame(rows, columns=[*keys, "seeds", *names])
