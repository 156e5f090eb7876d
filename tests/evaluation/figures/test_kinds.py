import subprocess
import sys
from pathlib import Path

import pytest

from ariigcn.evaluation.figures.kinds import (
    OF_EXPERIMENT,
    OF_FEATURES,
    OF_GRID,
    OF_RUN,
    Figure,
    Kind,
)


def test_every_kind_is_of_a_run_an_experiment_features_or_a_grid():
    assert sorted((*OF_RUN, *OF_EXPERIMENT, *OF_FEATURES, *OF_GRID)) == sorted(Kind)


@pytest.mark.parametrize(
    ("kind", "of", "name"),
    [
        (Kind.RESULTS, "", "results.svg"),
        (Kind.CONFUSION, "ar-iigcn", "ar-iigcn.confusion.svg"),
        (Kind.CURVES, "margin", "margin.curves.svg"),
    ],
)
def test_a_file_is_named_by_what_the_figure_is_of_and_its_kind(kind, of, name):
    assert Figure.within(Path("figures"), kind, of).path == Path("figures") / name


def test_a_figure_is_read_from_the_strings_of_a_rule():
    figure = Figure.from_strings("history", "text", "a/text.history.svg")
    assert figure == Figure(Kind.HISTORY, "text", Path("a/text.history.svg"))


def test_an_unknown_kind_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'confusion'"):
        Figure.from_strings("confusions", "ar-iigcn", "a.svg")


@pytest.mark.parametrize(("kind", "of"), [(Kind.RESULTS, "text"), (Kind.HISTORY, "")])
def test_what_a_figure_is_of_fits_its_kind(kind, of):
    with pytest.raises(ValueError, match="takes"):
        Figure(kind, of, Path("a.svg"))


def test_the_workflow_can_name_figures_without_loading_what_draws_them():
    code = (
        "import sys, ariigcn.evaluation.figures.kinds;"
        "print([m for m in ('matplotlib', 'pandas', 'numpy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
