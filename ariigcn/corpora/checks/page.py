"""What ``ariigcn corpus check`` has found, on a page to read."""

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from ariigcn.corpora.checks.check import Finding, Inspection
from ariigcn.corpora.table import SPLITS, Corpus

EXAMPLES = 3


def render(inspection: Inspection, console: Console) -> None:
    """Print the page."""
    corpus = inspection.corpus
    console.print(Text.assemble((corpus.name, "bold"), f" {corpus.version}"))
    console.print(f"licence: {corpus.licence}", highlight=False)
    console.print(_split_table(corpus.utterances), _label_table(corpus))
    _print_features(corpus, console)
    _print_lengths(inspection, console)
    if inspection.findings:
        console.print(_finding_table(inspection.findings))
    for title, lines in (
        ("Problems", inspection.problems),
        ("Labels", () if inspection.untrainable else inspection.unscored),
        ("Notes", corpus.notes),
    ):
        if lines:
            console.print(Text(title, style="bold"))
        listing = Table.grid("", Column(overflow="fold"), padding=(0, 1))
        for line in lines:
            listing.add_row("-", Text(line))
        console.print(listing)
    console.print()
    if inspection.defects:
        count = f" {inspection.defects} defect(s)."
        console.print(Text.assemble(("The corpus has defects:", "red"), count))
    if inspection.untrainable:
        told = f", but you can make features and graphs: {'; '.join(inspection.untrainable)}."
        console.print(Text.assemble(("You cannot train on it", "red"), told))
    if inspection.unlabelled:
        console.print(Text(f"But {inspection.unlabelled}.", style="green"))
    if inspection.sound and not inspection.unlabelled:
        console.print(Text("The corpus has no defects.", style="green"))


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table


def _split_table(frame: pd.DataFrame) -> Table:
    table = _table("split", "dialogues", "utterances", "labelled", "speakers")
    parts = [(split, frame[frame["split"] == split]) for split in SPLITS]
    for name, part in [*parts, ("all", frame)]:
        labelled = int(part["emotion"].notna().sum())
        cells = (part["dialogue_id"].nunique(), len(part), labelled, part["speaker"].nunique())
        table.add_row(name, *(f"{cell:,}" for cell in cells))
    return table


def _label_table(corpus: Corpus) -> Table:
    table = _table("label", *SPLITS, "all", "share")
    frame = corpus.utterances
    counts = frame.groupby(["emotion", "split"]).size()
    total = max(int(frame["emotion"].notna().sum()), 1)
    for label in corpus.labels:
        row = [int(counts.get((label, split), 0)) for split in SPLITS]
        share = f"{100 * sum(row) / total:.1f} %"
        table.add_row(label, *(f"{n:,}" for n in row), f"{sum(row):,}", share)
    return table


def _print_features(corpus: Corpus, console: Console) -> None:
    """What feature files hold, of a corpus that comes as such."""
    for modality, told in corpus.extra.get("features", {}).items():
        console.print(f"{modality} features: {told}", highlight=False)


def _print_lengths(inspection: Inspection, console: Console) -> None:
    if not len(inspection.lengths):
        if "features" not in inspection.corpus.extra:
            console.print("No utterance has audio or video.")
        return
    marks = np.percentile(inspection.lengths, [0, 50, 95, 100])
    names = ("shortest", "median", "95 %", "longest")
    told = ", ".join(f"{name} {mark:.2f} s" for name, mark in zip(names, marks, strict=True))
    hours = inspection.lengths.sum() / 3600
    files = inspection.files
    console.print(
        f"{len(inspection.lengths):,} utterances with a length, {hours:.1f} h: {told}",
        highlight=False,
    )
    channels = pd.Series([facts.channels for facts in files.values() if facts.channels])
    counts = channels.value_counts().sort_index()
    heard = ", ".join(f"{n:,} with {c} channel(s)" for c, n in counts.items())
    console.print(f"{len(files):,} files; sound: {heard or 'none'}", highlight=False)


def _finding_table(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("finding")
    table.add_column("utterances", justify="right")
    table.add_column("first utterances", overflow="fold")
    for finding in findings:
        first = ", ".join(finding.utterances[:EXAMPLES])
        more = ", ..." if len(finding.utterances) > EXAMPLES else ""
        style = "red" if finding.defect else "yellow"
        mark = "defect" if finding.defect else "notice"
        count = f"{len(finding.utterances):,}"
        what = Text.assemble((mark, style), f" {finding.what}")
        table.add_row(what, count, first + more)
    return table
