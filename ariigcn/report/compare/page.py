"""The page of a comparison, in the report's style: one file that needs nothing beside it."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from jinja2 import FileSystemLoader

from ariigcn.core.files import atomic_path
from ariigcn.core.seals import sealed_path
from ariigcn.core.templates import inline_script
from ariigcn.evaluation.figures.statistics import draw_comparisons
from ariigcn.evaluation.tables.frames import NONE, percent
from ariigcn.evaluation.tables.latex import p_text, span
from ariigcn.report.cells import Number, TableView, difference
from ariigcn.report.compare.differences import Comparison
from ariigcn.report.compared import verdict
from ariigcn.report.glossary import TEMPLATES, glossary_context
from ariigcn.report.inline import InlineFigure, inline_figure
from ariigcn.report.shell import page_templates
from ariigcn.report.words import CENT, count

SCRIPTS = ("sections.js", "terms.js", "print.js")
LISTED = 200  # changed utterances a table; the sentence above counts all


def write_page(found: Comparison, out: Path, words: Mapping[str, str] | None = None) -> None:
    """Write the page.

    Args:
        found: what :func:`~ariigcn.report.compare.differences.compare` found.
        out: the HTML file.
        words: utterance -> what was said; None: the page shows ids alone.
    """
    first = str(found.scores["experiment"].iloc[0])
    own = found.changes[found.changes["experiment"] == first]
    page = page_templates(FileSystemLoader(TEMPLATES)).get_template("compare.html").render(
        title=f"Two runs on {found.corpus}",
        a=found.a.folder,
        b=found.b.folder,
        verdict=verdict(found.scores),
        notes=found.notes,
        figure=_figure(found.scores),
        scores=scores_view(found.scores),
        settings=settings_view(found.settings) if len(found.settings) else None,
        first=first,
        changed=changed_sentence(found, first),
        lost=changes_view(own[own["b_right"] < own["a_right"]], "Lost: B is right less often", words),
        gained=changes_view(
            own[own["b_right"] > own["a_right"]][::-1], "Gained: B is right more often", words
        ),
        **glossary_context(out),
        **inline_script("".join((TEMPLATES / name).read_text("utf-8") for name in SCRIPTS)),
    )  # fmt: skip
    with atomic_path(out) as temporary:
        temporary.write_text(page, encoding="utf-8")


def scores_view(scores: pd.DataFrame) -> TableView:
    """Both scores, B's minus A's with its intervals, and what the tests say."""
    rows = tuple(
        (
            row["experiment"],
            Number(percent(row["a_weighted_f1"])),
            Number(percent(row["b_weighted_f1"])),
            difference(
                row["weighted_f1_difference"], row["weighted_f1_low"], row["weighted_f1_high"]
            ),
            Number("", span(row["seeds_low"], row["seeds_high"], signs=True) or NONE),
            difference(row["accuracy_difference"], row["accuracy_low"], row["accuracy_high"]),
            Number(p_text(row["p_bootstrap_holm"])),
            row["verdict"],
        )
        for _, row in scores.iterrows()
    )
    columns = (
        "Experiment", "A", "B", "B minus A, over dialogues", "Over seeds", "Accuracy, over dialogues",
        "p, bootstrap", "B is",
    )  # fmt: skip
    caption = "Test weighted F1 in per cent; B minus A in points, 95 % intervals; p after Holm"
    return TableView(caption, columns, rows)


def settings_view(settings: pd.DataFrame) -> TableView:
    """What both do not have alike."""
    rows = tuple((r["setting"], r["a"], r["b"], r["experiments"]) for _, r in settings.iterrows())
    return TableView("Settings that differ", ("Setting", "A", "B", "In"), rows)


def changes_view(changes: pd.DataFrame, caption: str, words: Mapping[str, str] | None) -> TableView:
    """Changed utterances, the first :data:`LISTED`."""
    rows = tuple(
        (
            row["utterance_id"],
            *([words.get(row["utterance_id"], "")] if words is not None else []),
            row["emotion"],
            row["a_prediction"],
            row["b_prediction"],
            Number(f"{100 * row['a_right']:.0f}"),
            Number(f"{100 * row['b_right']:.0f}"),
        )
        for _, row in changes.head(LISTED).iterrows()
    )
    said = ["Said"] if words is not None else []
    columns = ("Utterance", *said, "True", "A says", "B says", "A, % of seeds right", "B")
    more = f"; {LISTED} of {len(changes):,}" if len(changes) > LISTED else ""
    return TableView(caption + more, columns, rows)


def changed_sentence(found: Comparison, experiment: str) -> str:
    """How many utterances of an experiment changed."""
    row = found.scores[found.scores["experiment"] == experiment].iloc[0]
    own = found.changes[found.changes["experiment"] == experiment]
    gained = int((own["b_right"] > own["a_right"]).sum())
    total = int(row["utterances"])
    return (
        f"Of {count(total, 'test utterance')}, B has {gained:,} right more often than A and "
        f"{len(own) - gained:,} less often; {percent(1 - len(own) / total)}{CENT} are as they were."
    )


def _figure(scores: pd.DataFrame) -> InlineFigure:
    with TemporaryDirectory() as folder:
        table, svg = Path(folder) / "comparisons.csv", Path(folder) / "comparisons.svg"
        with sealed_path(table) as temporary:
            scores.to_csv(temporary, index=False)
        draw_comparisons(table, svg)
        return inline_figure(svg, "B minus A", "comparisons")
