"""The page people read: one HTML file that needs nothing beside it, on screen, phone or paper.

It shows counts, scores, ids and messages. What was said it shows only of corpora whose licence allows
it, or where the configuration says so.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import BaseLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ariigcn.core.files import atomic_path
from ariigcn.corpora.registry import SHOWABLE
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.evaluation.inspection_file import read_inspection
from ariigcn.evaluation.tables.frames import per_class_frame, percent, results_frame
from ariigcn.report import views
from ariigcn.report.config import ReportConfig
from ariigcn.report.conversations import conversation_data, embedded, representation_data
from ariigcn.report.inline import InlineFigure, figures_of, inline_figure
from ariigcn.report.quality import quality_view
from ariigcn.report.stages import stages_view
from ariigcn.report.statistics import FIGURES as STATISTIC_FIGURES
from ariigcn.report.statistics import statistics_section

TEMPLATES = Path(str(files("ariigcn.report"))) / "templates"
SCRIPTS = ("near.js", "conversations.js", "representations.js", "print.js")
FIGURES = {
    "confusion": "Confusion matrices",
    "history": "Learning curves",
    "discriminators": "Discriminators",
}


@dataclass(frozen=True)
class Inspected:
    """One run, looked into: its predictions and its inspection."""

    predictions: Path
    inspection: Path


def write_report(
    out: Path,
    *,
    table: Path,
    stores: Mapping[str, Path],
    metrics: Mapping[str, Sequence[Path]],
    figures: Mapping[str, Path],
    configuration: str,
    provenance: Mapping[str, str],
    settings: ReportConfig | None = None,
    inspected: Inspected | None = None,
    benchmarks: Sequence[Path] = (),
    quality: Path | None = None,
    tables: Mapping[str, Path] | None = None,
    ablations: Mapping[str, str] | None = None,
    accepted: Mapping[str, str] | None = None,
) -> None:
    """Write the report of one corpus.

    Args:
        out: the HTML file.
        table: the corpus's utterance table.
        stores: modality -> its feature store, in the order to show.
        metrics: experiment -> its seeds' ``metrics.json``, in the order to show.
        figures: ``results`` and ``<kind>/<experiment>`` -> SVG, kinds as in :data:`FIGURES`; a
            figure of another kind gets a section under its kind's name.
        configuration: the run's configuration as YAML.
        provenance: what made this page: name -> value (package versions, git revision, ...).
        settings: title and limits.
        inspected: the run whose conversations and representations are shown.
        benchmarks: the benchmark files of the jobs behind the page.
        quality: what :mod:`ariigcn.features.quality` wrote of the data; None: no such section.
        tables: name -> CSV of the evaluation, for the section on statistics.
        ablations: experiments that change a setting of the main one -> what they set; they have a
            section of their own instead of a row among the results.
        accepted: experiments that select by labels which an encoder has seen -> why.
    """
    settings = settings or ReportConfig()
    corpus = read_corpus(table)
    results = results_frame(metrics, corpus)
    features = [views.feature_view(path) for path in stores.values()]
    best, basis = views.best_experiment(results)
    best_name, changes = str(results["experiment"].iloc[best]), ablations or {}
    context: dict[str, Any] = {
        "title": settings.title or f"Emotion recognition on {corpus.name}",
        "corpus": corpus,
        "summary": [_what_was_run(corpus, results), _best_line(results, best, basis)],
        "warnings": [
            *_warnings(results, features, settings.minimum_seeds),
            *(
                f"{name} selects its epoch by labels that an encoder may have seen. Accepted since: {why}"
                for name, why in (accepted or {}).items()
            ),
        ],
        "key_figures": _key_figures(results, best),
        "results": views.results_view(results[~results["experiment"].isin(changes)], best_name),
        "ablations": views.ablations_view(results, changes),
        "curves": figures_of("curves", figures, best_name),
        "per_class": views.per_class_view(per_class_frame(metrics), corpus.labels, best_name),
        "results_figure": _results_figure(figures),
        "statistics": statistics_section(tables or {}, figures, best_name),
        "figure_groups": _figure_groups(figures, best_name),
        "data_tables": [
            t
            for t in (
                views.splits_view(corpus),
                views.labels_view(corpus),
                views.reachable_view(corpus),
            )
            if t
        ],
        "status": views.status_view(features),
        "masked": views.masked_view(features, settings.listed_utterances),
        "unlisted": sum(max(len(f.masked) - settings.listed_utterances, 0) for f in features),
        "configuration": configuration,
        "provenance": provenance,
        "encoders": views.encoders_view(features),
        "sources": views.sources_view(corpus),
        "digests": views.digests_view([table, *stores.values()]),
        "stages": stages_view(benchmarks),
        **_inspection_context(corpus, inspected, settings),
        **_script_context(),
        "quality": quality_view(quality) if quality else None,
    }
    page = _environment(FileSystemLoader(TEMPLATES)).get_template("report.html").render(context)
    with atomic_path(out) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _inspection_context(
    corpus: Corpus, inspected: Inspected | None, settings: ReportConfig
) -> dict[str, Any]:
    """The data of the page's scripts; None where there is nothing to show."""
    if inspected is None:
        return {"inspection": None, "conversations": None, "representations": None}
    inspection = read_inspection(inspected.inspection)
    text = corpus.name in SHOWABLE if settings.text is None else settings.text
    conversations = conversation_data(
        corpus, inspected.predictions, inspection, shown=settings.conversations, text=text
    )
    return {
        "inspection": inspection,
        "conversations": conversations if conversations["id"] else None,
        "representations": representation_data(corpus, inspection) if len(inspection.row) else None,
        "shown": settings.conversations,
        "embedded": embedded,
    }


def _script_context() -> dict[str, Any]:
    """The page's script, and its digest: the only script that the page's policy lets run."""
    script = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"script": Markup(script), "script_digest": digest}


def _environment(loader: BaseLoader) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests["number"] = lambda cell: isinstance(cell, views.Number)
    return environment


def _what_was_run(corpus: Corpus, results: pd.DataFrame) -> str:
    count, seeds = len(results), sorted(set(results["seeds"]))
    runs = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return (
        f"{_count(count, 'experiment')} with {runs} seed{'s' * (seeds[-1] != 1)} each on "
        f"{corpus.name} {corpus.version}: {_count(len(corpus.utterances), 'utterance')} in "
        f"{_count(corpus.utterances['dialogue_id'].nunique(), 'dialogue')}, "
        f"{_count(len(corpus.labels), 'emotion')}."
    )


def _best_line(results: pd.DataFrame, best: int, basis: str) -> str:
    row, main = results.iloc[best], results.iloc[0]
    accuracy = percent(row["accuracy_mean"], row["accuracy_sd"])
    line = f"{row['experiment']} has {basis}."
    if not accuracy:
        return f"{line} The test split has no labelled utterance, so nothing was tested."
    line += (
        f" On the test split it reaches {accuracy}\N{NO-BREAK SPACE}% accuracy from "
        f"{views.experiment_modalities(results, best)}"
    )
    if pd.notna(row["reachable_accuracy"]):
        most = percent(row["reachable_accuracy"])
        line += (
            f", where {most}\N{NO-BREAK SPACE}% is the most that any model can reach from these "
            "modalities with context"
        )
    if best:
        own = percent(main["accuracy_mean"], main["accuracy_sd"])
        line += f"; {main['experiment']}, the main experiment, {own}\N{NO-BREAK SPACE}%"
    return f"{line}."


def _warnings(
    results: pd.DataFrame, features: Sequence[views.FeatureView], minimum_seeds: int
) -> list[str]:
    found = []
    few = list(results.loc[results["seeds"] < minimum_seeds, "experiment"])
    if few:
        who = "All experiments" if len(few) == len(results) else ", ".join(few)
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
    return found


def _key_figures(results: pd.DataFrame, best: int) -> list[tuple[str, views.Number]]:
    row = results.iloc[best]
    named = {
        "Test accuracy": ("accuracy_mean", "accuracy_sd"),
        "Weighted F1": ("weighted_f1_mean", "weighted_f1_sd"),
        "Macro F1": ("macro_f1_mean", "macro_f1_sd"),
        "Reachable accuracy": ("reachable_accuracy",),
        "Share of reachable": ("share_of_reachable",),
    }
    return [
        (name, views.measured(*(float(row[column]) for column in columns)))
        for name, columns in named.items()
        if pd.notna(row[columns[0]])
    ]


def _results_figure(figures: Mapping[str, Path]) -> InlineFigure | None:
    path = figures.get("results")
    return inline_figure(path, "Test accuracy of every experiment", "results") if path else None


def _figure_groups(figures: Mapping[str, Path], best: str) -> list[dict[str, Any]]:
    """Figures by kind; the best experiment's first, since the others come folded."""
    others = [name.partition("/")[0] for name in figures]
    kinds = dict.fromkeys(
        [*FIGURES, *(k for k in others if k not in ("results", "curves", *STATISTIC_FIGURES))]
    )
    groups = []
    for kind in kinds:
        if drawn := figures_of(kind, figures, best):
            title = FIGURES.get(kind, kind.capitalize())
            groups.append({"id": f"{kind}-section", "title": title, "figures": drawn})
    return groups


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
