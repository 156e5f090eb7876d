"""The section on statistics, and that the choice of what is best cannot see the test split."""

import pandas as pd
import pytest

from ariigcn.corpora.table import read_corpus
from ariigcn.evaluation.figures.kinds import Kind
from ariigcn.evaluation.metrics import evaluate_experiment
from ariigcn.evaluation.run_files import read_run_table
from ariigcn.evaluation.tables.frames import results_frame
from ariigcn.report.results import best_experiment
from ariigcn.report.statistics import published_view, statistics_section
from tests.synthetic_runs import draw_all, make_project, write_run_table

EXPERIMENTS = (
    ("main", ("text",), 3, 0.5, False),
    ("good", ("text",), 3, 0.9, False),
    ("poor", ("text",), 3, 0.2, False),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    project = make_project(folder, experiments=EXPERIMENTS)
    draw_all(project, folder / "figures", (Kind.COMPARISONS, Kind.MISSING, Kind.RELIABILITY))
    return project


def chosen(project):
    return best_experiment(results_frame(project.metrics, read_corpus(project.table)))


def permute_test_labels(project, seed):
    """Give each test utterance another one's label, the same way in every run."""
    for files in project.predictions.values():
        for path in files:
            frame, head = read_run_table(path)
            test = frame["split"] == "test"
            frame.loc[test, "label"] = (
                frame.loc[test, "label"].sample(frac=1, random_state=seed).values
            )
            write_run_table(path, frame, head)
    for name, files in project.predictions.items():
        evaluate_experiment(files, project.metrics[name])


def test_permuted_test_labels_change_scores_and_no_choice(tmp_path):
    project = make_project(tmp_path, experiments=EXPERIMENTS)
    row, basis = chosen(project)
    assert (row, basis) == (1, "the highest weighted F1 on the validation split")
    before = results_frame(project.metrics, read_corpus(project.table))
    for seed in range(2):
        permute_test_labels(project, seed)
        after = results_frame(project.metrics, read_corpus(project.table))
        assert (after["accuracy_mean"] != before["accuracy_mean"]).all()
        assert chosen(project) == (row, basis)


def test_without_validation_the_page_says_what_it_chose_by(tmp_path):
    project = make_project(tmp_path, validation=False, experiments=EXPERIMENTS)
    assert "on the test split (there is no validation split)" in chosen(project)[1]


def test_differences_are_told_with_their_verdicts(project):
    section = statistics_section(project.tables, project.figures, "good")
    assert [row[0] for row in section.comparisons.rows] == ["good", "poor"]
    assert [row[-1] for row in section.comparisons.rows] == ["better", "worse"]
    assert "Every experiment against main" in section.notes[0]
    assert "18 test dialogues are few" in section.notes[1]
    assert section.comparisons_figure.svg


def test_errors_and_the_first_reliability_figure_are_of_the_best(project):
    section = statistics_section(project.tables, project.figures, "good")
    assert section.errors_of == section.reliability[0].name == "good"
    assert len(section.reliability) == 3
    captions = [view.caption for view in section.errors]
    assert captions == [
        "By dialogue position", "By emotion shift", "By speaker", "By words", "By masked modalities",
    ]  # fmt: skip


def test_without_tables_there_is_no_section():
    assert statistics_section({}, {}, "main") is None


def test_published_figures_keep_empty_cells_empty_and_refer_to_nothing():
    frame = pd.DataFrame(
        {
            "experiment": ["A", "B"],
            "accuracy_mean": [0.6, float("nan")],
            "f1_mean": [float("nan"), 0.5],
            "published": ["paper", "card"],
            "address": ["https://example.org/a", "doi:1"],
        }
    )
    view = published_view(frame)
    assert view.columns == ("Model", "Accuracy", "F1, average not named", "Source", "Address")
    assert [cell.value for cell in view.rows[0][1:3]] == ["60.0", ""]
    assert [row[-1] for row in view.rows] == ["example.org/a", "doi:1"]
    assert published_view(frame[:0]) is None
