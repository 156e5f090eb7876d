from dataclasses import replace

import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.evaluation.tables.latex import effect_text, p_text, signed, span
from ariigcn.evaluation.tables.literature import COLUMNS
from ariigcn.evaluation.tables.narrow import narrow_latex
from ariigcn.evaluation.tables.write import NAMES, write_tables
from tests.synthetic_runs import make_project, table_sources, write_all

OWN = "synthetic,6,Some & other,{metric},{value},a paper,https://example.org\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write_all(make_project(folder), folder / "out")
    return folder / "out" / "tables"


def test_every_table_comes_as_csv_and_as_latex(folder):
    for name in NAMES:
        assert len(pd.read_csv(folder / f"{name}.csv")) >= 1
        latex = (folder / f"{name}.tex").read_text()
        assert latex.startswith("% needs booktabs")
        assert r"\toprule" in latex and r"\bottomrule" in latex
        assert "nan" not in latex


def test_the_narrow_table_has_the_best_bold_and_marks_for_the_verdicts():
    names = ["ar_iigcn", "poor", "close", "poor.again"]
    results = pd.DataFrame({"experiment": names, "trained_as": [*names[:3], "poor"], "seeds": 3})
    for score, means in {
        "accuracy": (0.9, 0.2, 0.8, 0.2), "weighted_f1": (0.7, 0.3, 0.7, 0.3),
    }.items():  # fmt: skip
        results[f"{score}_mean"], results[f"{score}_sd"] = means, 0.01
    results["macro_f1_mean"] = results["macro_f1_sd"] = float("nan")
    verdicts = ["worse", "not told apart"]
    latex = narrow_latex(
        results, pd.DataFrame({"experiment": ["poor", "close"], "verdict": verdicts})
    )
    assert r"ar\_iigcn & \textbf{90.0}{\scriptsize\,$\pm$1.0} & \textbf{70.0}" in latex
    assert latex.count(r"\textbf") == 3 and latex.count(r"\downarrow") == 2
    again = next(line for line in latex.splitlines() if line.startswith("poor.again"))
    assert "downarrow" in again, "its runs are those of an experiment that was compared"
    assert "mF1" not in latex and "3 seeds" in latex
    assert "ar\\_iigcn" in latex.splitlines()[0]


def test_no_table_holds_a_character_that_latex_lacks(folder):
    for path in folder.glob("*.tex"):
        assert set(path.read_text()) - set(map(chr, range(128))) <= set(
            "±\N{NO-BREAK SPACE}\N{EN DASH}"
        )


def test_the_same_inputs_give_the_same_bytes(folder, tmp_path):
    write_all(make_project(tmp_path), tmp_path / "out")
    for path in sorted(folder.iterdir()):
        assert path.read_bytes() == (tmp_path / "out" / "tables" / path.name).read_bytes()


def test_published_figures_have_a_table_of_their_own_and_name_their_source(tmp_path):
    published = tmp_path / "published.csv"
    rows = OWN.format(metric="accuracy", value=61.5) + OWN.format(metric="f1", value=60)
    published.write_text(f"{','.join(COLUMNS)}\n{rows}")
    project = make_project(tmp_path)
    write_tables(table_sources(project, published=published), tmp_path / "tables")
    results = pd.read_csv(tmp_path / "tables" / "results.csv")
    assert results["experiment"].tolist() == ["ar-iigcn", "text-only"]
    published = pd.read_csv(tmp_path / "tables" / "published.csv")
    assert published["experiment"].tolist() == ["Some & other"]
    last = published.iloc[0]
    assert (last["accuracy_mean"], last["f1_mean"]) == (0.615, 0.6)
    assert (last["published"], last["address"]) == ("a paper", "https://example.org")
    assert not {"published", "address"} & set(results.columns)
    latex = (tmp_path / "tables" / "results.tex").read_text()
    below = latex.partition("Published, not run here")[2]
    assert r"Some \& other (a paper), F1 60.0 & " in below
    assert "61.5" in below
    assert (
        len({line.count("&") - line.count(r"\&") for line in latex.splitlines() if "&" in line})
        == 1
    )


def test_a_cell_that_equals_an_experiment_is_listed_but_not_tested_again(tmp_path):
    sources = table_sources(make_project(tmp_path))
    main = next(iter(sources.metrics))
    same = {"margin.0.5": sources.metrics[main]}, {"margin.0.5": sources.predictions[main]}
    metrics, predictions = sources.metrics | same[0], sources.predictions | same[1]
    sources = replace(sources, metrics=metrics, predictions=predictions)
    write_tables(sources, tmp_path / "tables")
    read = {name: pd.read_csv(tmp_path / "tables" / f"{name}.csv") for name in NAMES}
    assert read["results"]["experiment"].tolist() == ["ar-iigcn", "text-only", "margin.0.5"]
    assert read["results"]["trained_as"].tolist() == ["ar-iigcn", "text-only", "ar-iigcn"]
    assert read["comparisons"]["experiment"].tolist() == ["text-only"]
    assert read["calibration"]["experiment"].is_unique


def test_a_run_that_was_tested_twice_with_modalities_missing_is_refused(tmp_path):
    project = make_project(tmp_path)
    write_all(project, tmp_path / "out")
    once = tmp_path / "out" / "ar-iigcn.missing.parquet"
    with pytest.raises(DataError, match="ar-iigcn stands in two files"):
        write_tables(table_sources(project, missing=[once, once]), tmp_path / "tables")


def test_latex_reads_every_name_and_sign_as_text(tmp_path):
    published = tmp_path / "published.csv"
    row = r'synthetic,6,"[12] M^2~X\Y",{},{},"a paper",https://example.org'
    rows = "\n".join([row.format("accuracy", 61.5), row.format("micro_f1_without_neutral", 50)])
    published.write_text(f"{','.join(COLUMNS)}\n{rows}\n")
    experiments = [("a", ("text",), 3, 0.9, False), ("b", ("text",), 3, 0.2, False)]
    project = make_project(tmp_path, experiments=experiments, labels=tuple("abcdef"))
    write_tables(table_sources(project, published=published), tmp_path / "tables")
    comparisons = (tmp_path / "tables" / "comparisons.tex").read_text()
    assert "& $<$ 0.001 &" in comparisons and "& < " not in comparisons
    below = (tmp_path / "tables" / "results.tex").read_text().partition("Published")[2]
    name = r"{}[12] M\textasciicircum{}2\textasciitilde{}X\textbackslash{}Y (a paper)"
    assert f"{name}, Micro F1 without neutral 50.0 & " in below


def test_one_experiment_without_validation_or_missing_modalities(tmp_path):
    project = make_project(
        tmp_path, validation=False, reachable=False, experiments=[("a", ("text",), 1, 0.7, False)]
    )
    write_tables(table_sources(project), tmp_path / "tables")
    assert len(pd.read_csv(tmp_path / "tables" / "comparisons.csv")) == 0
    assert len(pd.read_csv(tmp_path / "tables" / "missing.csv")) == 0
    latex = (tmp_path / "tables" / "results.tex").read_text()
    assert "Validation" not in latex
    assert "Reachable" not in latex


def test_numbers_are_written_as_people_write_them():
    nan = float("nan")
    assert (signed(0.0123), signed(-0.0004), signed(-0.5), signed(nan)) == (
        "+1.2",
        "0.0",
        "\N{MINUS SIGN}50.0",
        "",
    )
    assert (effect_text(-0.004), effect_text(0.25)) == ("0.00", "+0.25")
    assert (p_text(0.0002), p_text(0.25), p_text(nan)) == ("< 0.001", "0.250", "")
    assert span(0.1, 0.2) == "[10.0, 20.0]"
    assert span(-0.1, 0.2, signs=True) == "[\N{MINUS SIGN}10.0, +20.0]"
    assert span(nan, nan) == ""
