import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib.figure import Figure as Drawing

from ariigcn.core.storage import write_table
from ariigcn.evaluation.figures import draw
from ariigcn.evaluation.figures.draw import draw_figures
from ariigcn.evaluation.figures.intervals import SHOWN, with_rows
from ariigcn.evaluation.figures.kinds import Figure, Kind, pdf_of
from ariigcn.evaluation.figures.ranking import ranked
from ariigcn.evaluation.figures.style import COLUMN, NOTHING, PALETTE, SMALL, save, style
from ariigcn.evaluation.figures.training import draw_discriminators
from ariigcn.evaluation.run_files import read_run_table
from tests.synthetic_runs import draw_all, figure_sources, make_project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    project = make_project(folder)
    draw_all(project, folder / "figures")
    return project


def title(path):
    return ElementTree.parse(path).getroot().find("{http://www.w3.org/2000/svg}title").text


def texts(path):
    return {"".join(e.itertext()).strip() for e in ElementTree.parse(path).getroot().iter(
        "{http://www.w3.org/2000/svg}text"
    )}  # fmt: skip


def test_the_same_inputs_give_the_same_bytes(project, tmp_path):
    again = make_project(tmp_path)
    draw_all(again, tmp_path / "figures")
    for first, second in zip(project.figures, again.figures, strict=True):
        assert first.path.read_bytes() == second.path.read_bytes(), first
        assert pdf_of(first.path).read_bytes() == pdf_of(second.path).read_bytes(), first


def test_no_figure_carries_a_date_or_text_as_outlines(project):
    for path in (figure.path for figure in project.figures):
        assert "<dc:date>" not in path.read_text()
    assert {"ar-iigcn", "text-only"} <= texts(project.drawn(Kind.RESULTS))


def test_every_figure_has_a_pdf_of_a_columns_width_with_text_in_it(project):
    for path in (figure.path for figure in project.figures):
        pdf = pdf_of(path).read_bytes()
        assert pdf.startswith(b"%PDF") and b"/CreationDate" not in pdf
        width = float(re.search(rb"/MediaBox \[ ?0 0 ([0-9.]+)", pdf)[1])
        assert width == pytest.approx(72 * COLUMN, abs=0.5)
        assert b"/Type42" in pdf or b"/TrueType" in pdf or b"CIDFontType2" in pdf


def test_type_is_large_enough_in_print(project):
    """Counts in a confusion matrix aside, nothing is smaller than the ticks."""
    for figure in project.figures:
        if figure.kind is not Kind.CONFUSION:
            sizes = re.findall(
                r"font(?:-size)?: ?(?:bold |\d+ )?([0-9.]+)px", figure.path.read_text()
            )
            assert sizes and min(map(float, sizes)) >= SMALL, figure


def test_experiments_stand_best_first_and_the_main_one_always(tmp_path):
    frame = pd.DataFrame({"experiment": ["main", "good", "bad"], "accuracy_mean": [0.2, 0.9, 0.3]})
    assert ranked(frame, "main")["experiment"].tolist() == ["good", "bad", "main"]
    many = pd.DataFrame({"experiment": ["main"], "accuracy_mean": [0.1]})
    others = pd.DataFrame({"experiment": list("abcdefghijklmnopqrst"), "accuracy_mean": 0.5})
    shown = ranked(pd.concat([many, others], ignore_index=True), "main")["experiment"].tolist()
    assert len(shown) == SHOWN and shown[-1] == "main"


def test_of_many_experiments_those_of_a_curve_have_no_row_but_the_main_one_has():
    names = ["main", *"abcdefghijklmnopqrst"]
    frame = pd.DataFrame({"experiment": names, "accuracy_mean": np.linspace(0.1, 0.9, len(names))})
    curved = ["main", *"nopqrst"]
    assert with_rows(frame.head(SHOWN), curved)["experiment"].tolist() == names[:SHOWN]
    assert with_rows(frame, curved)["experiment"].tolist() == list("abcdefghijklm")
    assert with_rows(frame, names[1:])["experiment"].tolist() == names, "nothing but grids"
    assert ranked(frame, "main", curved)["experiment"].tolist() == [*"mlkjihgfedcba", "main"]


def test_the_ranking_says_how_sure_scores_are_and_that_reachable_is_expected(project):
    assert {"other dialogues", "other seeds", "reachable"} <= texts(project.drawn(Kind.RESULTS))
    words = title(project.drawn(Kind.RESULTS))
    assert "what a perfect classifier is expected to reach" in words


def test_only_colours_of_the_palette_are_used(project):
    for path in (figure.path for figure in project.figures):
        used = set(re.findall(r"#[0-9a-f]{6}(?=[;\"])", path.read_text()))
        assert used <= {*PALETTE.values(), "#ffffff"}, path.name
    assert PALETTE["bar"] in project.drawn(Kind.RESULTS).read_text()


def test_the_confusion_matrix_sums_the_seeds(project):
    assert "summed over 5 seeds" in title(project.drawn(Kind.CONFUSION, "ar-iigcn"))
    assert "summed over 1 seed." in title(project.drawn(Kind.CONFUSION, "text-only"))


def test_discriminators_that_won_are_named(project):
    words = title(project.drawn(Kind.DISCRIMINATORS, "ar-iigcn"))
    assert "text 5" in words
    assert words.endswith("The generators lost in video: not aligned.")


def test_without_discriminators_the_figure_says_so(project):
    words = title(project.drawn(Kind.DISCRIMINATORS, "text-only"))
    assert words == f"{NOTHING}this experiment aligns no modalities."


def test_alignment_without_discriminators_is_shown_by_what_it_achieves(project, tmp_path):
    histories = []
    for number, path in enumerate(project.histories["ar-iigcn"]):
        frame, head = read_run_table(path)
        own = [n for n in frame if n.startswith(("d_accuracy", "loss_disc"))]
        table = pa.Table.from_pandas(frame.drop(columns=own), preserve_index=False)
        write_table(table, head, tmp_path / f"{number}.parquet")
        histories.append(tmp_path / f"{number}.parquet")
    draw_discriminators(histories, tmp_path / "drawn.svg")
    words = title(tmp_path / "drawn.svg")
    assert "a probe tells the modalities in" in words
    assert "(chance 33)" in words
    assert "discriminators" not in words
    assert {"Alignment loss", "Linear probe (%)"} <= texts(tmp_path / "drawn.svg")


def test_curves_show_the_terms_that_exist(project, tmp_path):
    assert "Alignment loss" in texts(project.drawn(Kind.HISTORY, "ar-iigcn"))
    assert "Alignment loss" not in texts(project.drawn(Kind.HISTORY, "text-only"))
    bare = make_project(tmp_path, validation=False, absent="fear")
    draw_all(bare, tmp_path / "figures", (Kind.HISTORY, Kind.CONFUSION))
    shown = texts(bare.drawn(Kind.HISTORY, "ar-iigcn"))
    assert "Joint loss" in shown
    assert "Validation wF1 (%)" not in shown
    assert "fear" not in title(bare.drawn(Kind.CONFUSION, "ar-iigcn"))


def test_a_figure_of_a_grid_is_drawn_elsewhere(project, tmp_path):
    with pytest.raises(ValueError, match="draw it with draw_curve"):
        draw_figures([Figure.within(tmp_path, Kind.CURVES, "margin")], figure_sources(project))


def test_figures_that_are_drawn_side_by_side_have_the_same_bytes(project, tmp_path, monkeypatch):
    monkeypatch.setattr(draw, "FEWEST", 2)
    kinds = (Kind.CONFUSION, Kind.DISCRIMINATORS)
    alone, together = (
        [Figure.within(tmp_path / name, kind, of) for kind in kinds for of in project.metrics]
        for name in ("alone", "together")
    )
    assert len(together) >= 2 * 2  # so that there are two processes
    draw_figures(alone, figure_sources(project))
    draw_figures(together, figure_sources(project), processes=2)
    for one, other in zip(alone, together, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()
        assert pdf_of(one.path).read_bytes() == pdf_of(other.path).read_bytes()


def test_differences_show_both_intervals_and_the_verdicts(project):
    assert {"other dialogues", "other seeds"} <= texts(project.drawn(Kind.RESULTS))
    shown = texts(project.drawn(Kind.COMPARISONS))
    assert "other dialogues" in shown and "other seeds" not in shown  # the second has one seed
    assert title(project.drawn(Kind.COMPARISONS)).endswith("needs more seeds: text-only.")


def test_reliability_says_how_far_confidence_lies_from_accuracy(project):
    words = title(project.drawn(Kind.RELIABILITY, "ar-iigcn"))
    assert "5 seeds together, 15 bins of equal width" in words
    assert words.count("%") == 3


def test_curves_of_missing_modalities_name_what_is_left(project):
    assert {"Text", "Video", "Masked (%)"} <= texts(project.drawn(Kind.MISSING))
    assert "ar-iigcn 70.0, 35.0 without text" in title(project.drawn(Kind.MISSING))


def test_one_experiment_has_no_differences_to_draw(tmp_path):
    alone = make_project(tmp_path, experiments=[("one", ("text",), 2, 0.7, False)])
    draw_all(alone, tmp_path / "figures", (Kind.COMPARISONS,))
    assert title(alone.drawn(Kind.COMPARISONS)).startswith(NOTHING)


def test_a_name_with_dollars_is_written_as_it_is(tmp_path):
    with style():
        figure = Drawing(figsize=(2, 1))
        figure.add_subplot().set_title("$x_1$ and $")
        save(figure, tmp_path / "a.svg", "A $title$ with <marks> & more")
    text = (tmp_path / "a.svg").read_text()
    assert ">$x_1$ and $<" in text
    assert "A $title$ with &lt;marks&gt; &amp; more" in text
