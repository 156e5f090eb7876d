"""The page's section on the data: what :mod:`ariigcn.features.quality` found, as tables and a chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ariigcn.core.storage import read_json
from ariigcn.evaluation.figures.lengths import LENGTHS, draw_lengths
from ariigcn.evaluation.tables.frames import MINUS
from ariigcn.features.quality import LISTED, SPEAKERS
from ariigcn.report.cells import Cell, Number, TableView
from ariigcn.report.inline import InlineFigure, inline_figure


@dataclass(frozen=True)
class Face:
    """A face crop: its utterance, how it was found, and the picture as JPEG in base64."""

    utterance: str
    note: str
    jpeg: str


@dataclass(frozen=True)
class QualityView:
    """What the section shows."""

    sentences: tuple[str, ...]
    tables: tuple[TableView, ...]
    lengths: InlineFigure | None
    faces: tuple[Face, ...]
    no_faces: str


def quality_view(path: Path) -> QualityView:
    """Read the findings on a corpus's data."""
    found = read_json(path, "the findings on a corpus's data")
    modalities: dict[str, dict[str, Any]] = found["modalities"]
    faces = found["faces"]
    tables = (
        _masked(modalities),
        _face_frames(found["face_frames"]),
        _columns(modalities),
        _extremes(modalities),
    )
    return QualityView(
        tuple(_sentences(found)),
        tuple(table for table in tables if table.rows),
        _lengths(found),
        tuple(Face(**face) for face in faces or ()),
        "" if faces else _why_no_faces(faces),
    )


def _why_no_faces(faces: list[Any] | None) -> str:
    if faces is None:
        return (
            "There are no pictures: report.pictures is off, as by default for licensed "
            "corpora, or the video encoder crops no faces."
        )
    return "There are no pictures: no clip shows a face."


def _sentences(found: Mapping[str, Any]) -> list[str]:
    count, labelled = found["utterances"], found["labelled"]
    sentences = [
        f"All {count:,} utterances are labelled."
        if labelled == count
        else f"{labelled:,} of {count:,} utterances are labelled; the others are context only."
    ]
    for name, unit, what in (("durations_s", " s", "duration"), ("words", " words", "text")):
        lengths = found[name]
        if "median" not in lengths:
            sentences.append(f"No utterance has a known {what}.")
            continue
        least, median, most = (_plain(lengths[key]) for key in ("least", "median", "most"))
        unknown = f"; {lengths['unknown']:,} have no known {what}" if lengths["unknown"] else ""
        sentences.append(
            f"They are {least} to {most}{unit} long, half of them {median} or less{unknown}."
        )
    for modality, facts in found["modalities"].items():
        if facts["past_end"]:
            sentences.append(
                f"In {modality}, {facts['past_end']:,} spans end after their files; the part that "
                "exists is used."
            )
        constant = facts["constant"]
        if constant:
            more = len(constant) - LISTED
            names = ", ".join(constant[:LISTED]) + (f" and {more:,} more" if more > 0 else "")
            sentences.append(f"Constant in {modality}, so without information: {names}.")
    return sentences


def _masked(modalities: Mapping[str, Mapping[str, Any]]) -> TableView:
    rows: list[tuple[Cell, ...]] = []
    for modality, facts in modalities.items():
        total = max(sum(facts["status"].values()), 1)
        used = facts["status"].get("ok", 0)
        why = [f"{name} {n:,}" for name, n in facts["status"].items() if name != "ok"]
        rows.append(
            (
                modality,
                *(Number(f"{n:,}", f"{100 * n / total:.1f} %") for n in (used, total - used)),
                ", ".join(why) or "none",
            )
        )
    return TableView("Used and masked", ("Modality", "Used", "Masked", "Why"), tuple(rows))


def _face_frames(found: Sequence[Mapping[str, Any]]) -> TableView:
    """Frames with a face by speaker: whose faces the detector misses."""
    rows: list[tuple[Cell, ...]] = [
        (
            "all speakers" if row["speaker"] is None else row["speaker"],
            Number(f"{row['utterances']:,}"),
            Number(f"{row['frames']:,}"),
            Number(f"{row['with_face']:,}", f"{100 * row['with_face'] / row['frames']:.1f} %"),
        )
        for row in found
    ]
    columns = ("Speaker", "Utterances", "Frames", "With a face")
    caption = "Frames in which a face was found"
    if len(rows) > SPEAKERS:  # the first row is all of them
        caption += f", of the {SPEAKERS} speakers with most frames"
    return TableView(caption, columns, tuple(rows))


def _columns(modalities: Mapping[str, Mapping[str, Any]]) -> TableView:
    rows: list[tuple[Cell, ...]] = [
        (
            modality,
            *(
                Number(f"{n:,}")
                for n in (facts["columns"], len(facts["constant"]), facts["not_finite"])
            ),
            Number(_plain(facts["least"])),
            Number(_plain(facts["most"])),
        )
        for modality, facts in modalities.items()
        if "least" in facts
    ]
    columns = ("Modality", "Columns", "Constant", "NaN or infinite", "Least", "Most")
    return TableView("Columns of the features, over the utterances used", columns, tuple(rows))


def _extremes(modalities: Mapping[str, Mapping[str, Any]]) -> TableView:
    rows: list[tuple[Cell, ...]] = [
        (
            column["column"],
            modality,
            *(Number(_plain(column[name])) for name in ("least", "median", "most")),
            Number(_plain(column["beyond"])),
        )
        for modality, facts in modalities.items()
        for column in facts["extremes"]
    ]
    return TableView(
        f"The {LISTED} most extreme columns of each modality: the distance of the furthest "
        "value from the median, in standard deviations",
        ("Column", "Modality", "Least", "Median", "Most", "Furthest"),
        tuple(rows),
    )


def _plain(value: float) -> str:
    """Four digits or, for large numbers, whole ones."""
    digits = f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.4g}"
    return digits.replace("-", MINUS)


def _lengths(found: Mapping[str, Any]) -> InlineFigure | None:
    if not any("counts" in found[name] for name in LENGTHS):
        return None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lengths.svg"
        draw_lengths(found, path)
        return inline_figure(path, "Lengths", "quality-lengths")
