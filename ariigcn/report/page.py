"""The page people read: one HTML file that needs nothing beside it, on screen, phone or paper.

It shows counts, scores, ids and messages. What was said it shows only of corpora whose licence allows
it, or where the configuration says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from ariigcn.core.files import atomic_path
from ariigcn.core.templates import inline_script
from ariigcn.corpora.registry import SHOWABLE
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.evaluation.figures.kinds import Figure, Kind
from ariigcn.evaluation.inspection_file import read_inspection
from ariigcn.evaluation.tables.frames import per_class_frame, read_frame, results_frame
from ariigcn.report import data, features, results, summary
from ariigcn.report.config import ReportConfig
from ariigcn.report.conversations import conversation_data, embedded, representation_data
from ariigcn.report.glossary import TEMPLATES, glossary_context
from ariigcn.report.inline import InlineFigure, figures_of, inline_figure
from ariigcn.report.quality import quality_view
from ariigcn.report.separation import separation_verdict, separation_view
from ariigcn.report.shell import page_templates
from ariigcn.report.stages import stages_view
from ariigcn.report.statistics import statistics_section
from ariigcn.report.verdicts import confusion, history_verdicts, prices

SCRIPTS = (
    "near.js",
    "sections.js",
    "terms.js",
    "conversations.js",
    "representations.js",
    "print.js",
)
FIGURES = {
    Kind.CONFUSION: "Confusion matrices",
    Kind.HISTORY: "Learning curves",
    Kind.DISCRIMINATORS: "Alignment of the modalities",
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
    histories: Mapping[str, Sequence[Path]],
    figures: Sequence[Figure],
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
        histories: experiment -> its seeds' ``history.parquet``; of those that have figures.
        figures: what was drawn, in the order to show.
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
    settings, changes = settings or ReportConfig(), ablations or {}
    corpus = read_corpus(table)
    scores = results_frame(metrics, corpus)
    best, basis = results.best_experiment(scores)
    best_name = str(scores["experiment"].iloc[best])
    comparisons = read_frame(tables["comparisons"]) if tables else None
    read = [features.feature_view(path) for path in stores.values()]
    context: dict[str, Any] = {
        "title": settings.title or f"Emotion recognition on {corpus.name}",
        "corpus": corpus,
        "brief": summary.brief(corpus, scores, best, basis, comparisons),
        "warnings": summary.warnings(scores, read, accepted or {}, settings.minimum_seeds),
        "key_figures": summary.key_figures(scores, best),
        "results": results.results_view(scores[~scores["experiment"].isin(changes)], best_name),
        "reachable": summary.reachable_note(scores),
        "results_figure": _only(figures, Kind.RESULTS, "Experiments, best first"),
        "fine_tuned": _fine_tuned(figures),
        "ablations": results.ablations_view(scores, changes),
        "prices": prices(scores, changes),
        "curves": figures_of(Kind.CURVES, figures, best_name),
        "per_class": results.per_class_view(per_class_frame(metrics), corpus.labels, best_name),
        "statistics": statistics_section(tables or {}, figures, best_name),
        "figure_groups": _figure_groups(
            figures, best_name, _verdicts(metrics, histories, best_name)
        ),
        "main_verdicts": history_verdicts(histories.get(next(iter(metrics)), ())),
        "data_tables": data.data_views(corpus),
        "sources": data.sources_view(corpus),
        "digests": data.digests_view([table, *stores.values()]),
        "quality": quality_view(quality) if quality else None,
        "status": features.status_view(read),
        "masked": features.masked_view(read, settings.listed_utterances),
        "unlisted": sum(max(len(f.masked) - settings.listed_utterances, 0) for f in read),
        "encoders": features.encoders_view(read),
        "configuration": configuration,
        "provenance": provenance,
        "stages": stages_view(benchmarks),
        **glossary_context(out),
        **_inspection_context(corpus, inspected, settings),
        **_script(),
    }
    page = page_templates(FileSystemLoader(TEMPLATES)).get_template("report.html").render(context)
    with atomic_path(out) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _inspection_context(
    corpus: Corpus, inspected: Inspected | None, settings: ReportConfig
) -> dict[str, Any]:
    """The data of the page's scripts; None where there is nothing to show."""
    if inspected is None:
        names = ("inspection", "conversations", "representations", "separation")
        return dict.fromkeys(names)
    inspection = read_inspection(inspected.inspection)
    text = corpus.name in SHOWABLE if settings.text is None else settings.text
    conversations = conversation_data(
        corpus, inspected.predictions, inspection, shown=settings.conversations, text=text
    )
    return {
        "inspection": inspection,
        "conversations": conversations if conversations["id"] else None,
        "representations": representation_data(corpus, inspection) if len(inspection.row) else None,
        "separation": separation_view(inspection),
        "separation_verdict": separation_verdict(inspection),
        "shown": settings.conversations,
        "embedded": embedded,
    }


def _script() -> dict[str, Any]:
    """The page's script, and its digest: the only script that the page's policy lets run."""
    return inline_script("".join((TEMPLATES / name).read_text("utf-8") for name in SCRIPTS))


def _only(figures: Sequence[Figure], kind: Kind, name: str) -> InlineFigure | None:
    """The figure of a kind of which a run has one at most."""
    path = next((figure.path for figure in figures if figure.kind == kind), None)
    return inline_figure(path, name, str(kind)) if path else None


def _verdicts(
    metrics: Mapping[str, Sequence[Path]], histories: Mapping[str, Sequence[Path]], name: str
) -> dict[str, tuple[str, ...]]:
    """Kind of figure -> what the diagnostics decide of an experiment."""
    wrong = confusion(metrics[name])
    return history_verdicts(histories.get(name, ())) | {str(Kind.CONFUSION): (wrong,) * bool(wrong)}


def _fine_tuned(figures: Sequence[Figure]) -> dict[str, InlineFigure]:
    """Modality -> the figure of its encoders, of those that were fine-tuned."""
    return {
        figure.of: inline_figure(
            figure.path, f"Fine-tuning of the {figure.of} encoder", f"{figure.of}-{figure.kind}"
        )
        for figure in figures
        if figure.kind == Kind.FINE_TUNING
    }


def _figure_groups(
    figures: Sequence[Figure], best: str, verdicts: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """The experiments' figures by kind; the best experiment's first, since the others come folded."""
    drawn = {kind: figures_of(kind, figures, best) for kind in FIGURES}
    return [
        {
            "id": f"{kind}-section",
            "title": FIGURES[kind],
            "figures": found,
            "verdicts": verdicts.get(str(kind), ()),
        }
        for kind, found in drawn.items()
        if found
    ]
