"""What `ariigcn compare` prints."""

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from ariigcn.core.console import folding_table
from ariigcn.evaluation.tables.frames import NONE, percent
from ariigcn.evaluation.tables.latex import p_text, signed, span
from ariigcn.report.compare.differences import Comparison
from ariigcn.report.compare.page import changed_sentence
from ariigcn.report.compared import verdict


def show(found: Comparison, console: Console) -> None:
    """Print the settings that differ, the differences with their intervals, and the verdict."""
    console.print(f"A: {found.a.folder}\nB: {found.b.folder}", highlight=False, soft_wrap=True)
    console.print(_settings(found.settings) if len(found.settings) else "No setting differs.")
    console.print(_scores(found.scores))
    for sentence in (verdict(found.scores), *found.notes):
        console.print(sentence, highlight=False)
    for name in found.scores["experiment"]:
        console.print(f"{name}: {changed_sentence(found, name)}", highlight=False)


def _settings(settings: pd.DataFrame) -> Table:
    table = folding_table("Setting", "A", "B", "In", box=box.SIMPLE_HEAD)
    for row in settings.itertuples(index=False):
        table.add_row(*row)
    return table


def _scores(scores: pd.DataFrame) -> Table:
    table = Table(
        title="Test weighted F1 (%); B minus A in points, 95 % intervals; p after Holm",
        title_justify="left", title_style="", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    table.add_column("Experiment", overflow="fold", min_width=10)
    for name in ("A", "B", "B \N{MINUS SIGN} A", "over dialogues", "over seeds", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("B is")
    for _, row in scores.iterrows():
        table.add_row(
            row["experiment"],
            percent(row["a_weighted_f1"]),
            percent(row["b_weighted_f1"]),
            signed(row["weighted_f1_difference"]) or NONE,
            span(row["weighted_f1_low"], row["weighted_f1_high"], signs=True) or NONE,
            span(row["seeds_low"], row["seeds_high"], signs=True) or NONE,
            p_text(row["p_bootstrap_holm"]) or NONE,
            row["verdict"],
        )
    return table
