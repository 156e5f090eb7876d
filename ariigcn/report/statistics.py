"""The page's part on statistics, read from the tables that the evaluation wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ariigcn.evaluation.figures.kinds import Figure, Kind
from ariigcn.evaluation.statistics.errors import ALL
from ariigcn.evaluation.tables.frames import ANY, NONE, TITLES, percent, read_frame
from ariigcn.evaluation.tables.latex import effect_text, p_text, span
from ariigcn.evaluation.tables.literature import METRICS
from ariigcn.report.cells import Cell, Number, TableView, difference, measured
from ariigcn.report.compared import verdict
from ariigcn.report.inline import InlineFigure, figures_of
from ariigcn.report.summary import FEW_DIALOGUES
from ariigcn.report.verdicts import calibrated, leaning, shifts
from ariigcn.report.words import count

FIGURES = {
    Kind.COMPARISONS: "Differences to the main experiment",
    Kind.MISSING: "Missing modalities",
    Kind.RELIABILITY: "Reliability",
}
SCORES = {"accuracy": "Accuracy", "weighted_f1": "Weighted F1", "macro_f1": "Macro F1"}


@dataclass(frozen=True)
class Statistics:
    """What the section shows; empty tables and figures are left out."""

    verdict: str
    notes: tuple[str, ...]
    comparisons: TableView | None
    comparisons_figure: InlineFigure | None
    intervals: tuple[TableView, ...]
    calibration: TableView | None
    calibrated: str
    reliability: tuple[InlineFigure, ...]
    errors_of: str
    shifts: str
    errors: tuple[TableView, ...]
    missing: tuple[TableView, ...]
    leaning: tuple[str, ...]
    missing_figure: InlineFigure | None
    published: TableView | None


def statistics_section(
    tables: Mapping[str, Path], figures: Sequence[Figure], best: str
) -> Statistics | None:
    """The section of one report, or None where no tables were written.

    Args:
        tables: name -> CSV of :func:`ariigcn.evaluation.tables.write.write_tables`.
        figures: all figures of the report; those of :data:`FIGURES` are shown here.
        best: the experiment to speak of first; errors are shown of it alone.
    """
    if not tables:
        return None
    frames = {name: read_frame(path) for name, path in tables.items()}
    results, comparisons = frames["results"], frames["comparisons"]
    drawn = {kind: figures_of(kind, figures, best, title) for kind, title in FIGURES.items()}
    return Statistics(
        verdict=verdict(comparisons),
        notes=_notes(comparisons),
        comparisons=_comparisons_view(comparisons),
        comparisons_figure=next(iter(drawn[Kind.COMPARISONS]), None),
        intervals=(_intervals_view(results), _per_class_view(frames["per_class"])),
        calibration=_calibration_view(frames["calibration"]),
        calibrated=calibrated(frames["calibration"], best),
        reliability=tuple(drawn[Kind.RELIABILITY]),
        errors_of=best,
        shifts=shifts(frames["errors"], best),
        errors=_errors_views(frames["errors"], best),
        missing=_missing_views(frames["missing"]),
        leaning=_leaning(frames["missing"]),
        missing_figure=next(iter(drawn[Kind.MISSING]), None),
        published=published_view(frames["published"]),
    )


def _notes(comparisons: pd.DataFrame) -> tuple[str, ...]:
    if not len(comparisons):
        return ()
    first, tests = comparisons.iloc[0], len(comparisons)
    notes = [
        f"Every experiment against {first['against']}, on the same {first['utterances']:,} test "
        f"utterances of {count(first['dialogues'], 'dialogue')}. An experiment is called better or worse "
        "where the difference in weighted F1 holds over other dialogues (paired bootstrap, p below "
        f"0.05 after Holm's correction for {count(tests, 'comparison')}) and over other "
        "seeds (95 % interval without zero)."
    ]
    if first["dialogues"] < FEW_DIALOGUES:
        notes.append(
            f"{count(first['dialogues'], 'test dialogue')} "
            f"{'is' if first['dialogues'] == 1 else 'are'} few: only large differences can be shown."
        )
    return tuple(notes)


def _comparisons_view(comparisons: pd.DataFrame) -> TableView | None:
    if not len(comparisons):
        return None
    rows = tuple(
        (
            row["experiment"],
            difference(
                row["weighted_f1_difference"], row["weighted_f1_low"], row["weighted_f1_high"]
            ),
            Number("", span(row["seeds_low"], row["seeds_high"], signs=True) or NONE),
            difference(row["accuracy_difference"], row["accuracy_low"], row["accuracy_high"]),
            Number(p_text(row["p_bootstrap_holm"]) or NONE),
            Number(p_text(row["p_mcnemar_holm"]) or NONE),
            Number(effect_text(row["cohens_g"]) or NONE),
            row["verdict"],
        )
        for _, row in comparisons.iterrows()
    )
    columns = (
        "Experiment", "Weighted F1, over dialogues", "Over seeds", "Accuracy, over dialogues",
        "p, bootstrap", "p, McNemar", "Cohen's g", "Verdict",
    )  # fmt: skip
    caption = "Difference in points with 95 % intervals, p after Holm's correction"
    return TableView(caption, columns, rows)


def _intervals_view(results: pd.DataFrame) -> TableView:
    rows = tuple(
        (row["experiment"], *(_with_interval(row, f"{score}_mean", score) for score in SCORES))
        for _, row in results.iterrows()
    )
    caption = "Test scores in per cent with the 95 % interval of their mean over seeds"
    return TableView(caption, ("Experiment", *SCORES.values()), rows)


def _per_class_view(per_class: pd.DataFrame) -> TableView:
    emotions = list(dict.fromkeys(per_class["emotion"]))
    cells = per_class.set_index(["experiment", "emotion"])
    rows = tuple(
        (name, *(_with_interval(cells.loc[(name, e)], "f1_mean", "f1") for e in emotions))
        for name in dict.fromkeys(per_class["experiment"])
    )
    caption = "F1 by class in per cent with the 95 % interval of its mean over seeds"
    return TableView(caption, ("Experiment", *emotions), rows)


def _calibration_view(calibration: pd.DataFrame) -> TableView | None:
    if calibration["ece_mean"].isna().all():
        return None
    rows = tuple(
        (
            row["experiment"],
            measured(row["accuracy_mean"]),
            measured(row["confidence_mean"]),
            measured(row["ece_mean"], row["ece_sd"]),
            measured(row["ece_if_calibrated"]),
            Number(f"{row['brier_mean']:.3f}"),
        )
        for _, row in calibration.iterrows()
    )
    caption = "Per cent, mean ± standard deviation over seeds; the Brier score from 0 to 2"
    columns = ("Experiment", "Accuracy", "Confidence", "ECE", "If calibrated", "Brier")
    return TableView(caption, columns, rows)


def _errors_views(errors: pd.DataFrame, best: str) -> tuple[TableView, ...]:
    own = errors[errors["experiment"] == best]
    whole = own[own["by"] == ALL]  # stands first in every table: what a group is compared with
    views = []
    for by, groups in own[own["by"] != ALL].groupby("by", sort=False):
        part = pd.concat([whole, groups])
        rows: list[tuple[Cell, ...]] = [
            (
                str(row["group"]),
                Number(f"{row['n']:,}", f"in {row['dialogues']:,}"),
                _with_interval(row, "accuracy", "accuracy"),
                _with_interval(row, "weighted_f1", "weighted_f1"),
            )
            for _, row in part.iterrows()
        ]
        columns = (str(by).capitalize(), "Utterances, in dialogues", "Accuracy", "Weighted F1")
        views.append(TableView(f"By {by}", columns, tuple(rows), (0,)))
    return tuple(views)


def _leaning(missing: pd.DataFrame) -> tuple[str, ...]:
    said = [leaning(missing, name) for name in dict.fromkeys(missing["experiment"])]
    return tuple(filter(None, said))


def _missing_views(missing: pd.DataFrame) -> tuple[TableView, ...]:
    """By the share of one modality that is masked, and of all at random."""
    at_random = missing["modality"] == ANY
    of_one = "Test weighted F1 in per cent by the share of one modality that is masked"
    of_all = (
        "Test weighted F1 in per cent by the share of all modalities that is masked at random; each "
        "utterance keeps one"
    )
    return tuple(
        _missing_view(part, caption, key)
        for part, caption, key in (
            (missing[~at_random], of_one, "modality"),
            (missing[at_random], of_all, "filled_by"),
        )
        if len(part)
    )


def _missing_view(part: pd.DataFrame, caption: str, key: str) -> TableView:
    part = part.assign(share=(100 * part["share"]).round().astype(int))
    shares = sorted(set(part["share"]))
    rows: list[tuple[Cell, ...]] = []
    for names, curve in part.groupby(["experiment", key], sort=False):
        by_share = curve.groupby("share").first()
        # Nothing is filled where nothing is masked, and some cannot lose so much.
        scores = (
            measured(*by_share.loc[share, ["weighted_f1_mean", "weighted_f1_sd"]])
            if share in by_share.index
            else Number(NONE)
            for share in shares
        )
        rows.append((str(names[0]), str(names[1]), *scores))
    heading = {"modality": "Masked", "filled_by": "Filled by"}[key]
    columns = ("Experiment", heading, *(f"{share} %" for share in shares))
    return TableView(caption, columns, tuple(rows))


def published_view(published: pd.DataFrame) -> TableView | None:
    """Figures of others with their sources; None where there are none for this corpus.

    Args:
        published: of :func:`~ariigcn.evaluation.tables.literature.published_frame`.
    """
    if not len(published):
        return None
    titles = {f"{metric}_mean": TITLES.get(metric, "F1, average not named") for metric in METRICS}
    shown = {c: t for c, t in titles.items() if c in published and published[c].notna().any()}
    rows = tuple(
        (
            row["experiment"],
            *(Number(percent(row[column])) for column in shown),
            row["published"],
            # Anybody may write such a table: an address in it is text, and no link.
            str(row["address"]).partition("://")[2] or str(row["address"]),
        )
        for _, row in published.iterrows()
    )
    caption = "Published, not run here: per cent; other features, splits and selection"
    return TableView(caption, ("Model", *shown.values(), "Source", "Address"), rows)


def _with_interval(row: "pd.Series[float]", value: str, name: str) -> Number:
    return Number(percent(row[value]) or NONE, span(row[f"{name}_low"], row[f"{name}_high"]))
