"""Two results folders side by side: what differs, on a terminal and on a page."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.core.errors import DataError
from ariigcn.evaluation.predictions import read_predictions
from ariigcn.evaluation.run_files import read_run_table
from ariigcn.evaluation.statistics.comparisons import comparisons_frame
from ariigcn.report.compare.differences import compare
from ariigcn.report.compare.page import write_page
from ariigcn.report.compare.results import read_results
from tests.report.compare.finished import finished
from tests.report.test_page import Page
from tests.synthetic_runs import write_run_table


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sides")
    return finished(folder / "a", 0.5), finished(folder / "b", 0.9, margin=0.7)


@pytest.fixture(scope="module")
def found(sides):
    return compare(*map(read_results, sides))


def test_settings_that_differ_are_named_and_those_of_a_run_are_not(found):
    assert found.settings.values.tolist() == [["model.losses.margin", "0.5", "0.7", "all"]]


def test_differences_are_those_of_the_table_of_comparisons(found, sides):
    a, b = (read_predictions(sorted((s / "ar-iigcn").glob("*/predictions.parquet"))) for s in sides)
    expected = comparisons_frame([a, b]).iloc[0]
    row = found.scores.iloc[0]
    assert (row["experiment"], row["verdict"]) == ("ar-iigcn", "better")
    for name in ("weighted_f1_difference", "weighted_f1_low", "seeds_high", "accuracy_difference"):
        assert row[name] == expected[name]
    assert row["b_weighted_f1"] - row["a_weighted_f1"] == pytest.approx(
        row["weighted_f1_difference"]
    )
    assert found.scores.iloc[1]["verdict"] == "not told apart"


def test_every_changed_utterance_is_told_with_both_predictions(found, sides):
    a, b = (read_predictions(sorted((s / "ar-iigcn").glob("*/predictions.parquet"))) for s in sides)
    own = found.changes[found.changes["experiment"] == "ar-iigcn"]
    moved = b.correct.mean(0) - a.correct.mean(0)
    assert sorted(own["utterance_id"]) == sorted(a.utterance_ids[moved != 0])
    assert (own["b_right"] - own["a_right"]).is_monotonic_increasing
    sure = own[own["b_right"] == 1]
    assert (sure["b_prediction"] == sure["emotion"]).all()
    same = found.changes[found.changes["experiment"] == "text"]
    assert not len(same)


def test_only_utterances_that_both_have_count(sides, tmp_path):
    fewer = tmp_path / "fewer"
    shutil.copytree(sides[1], fewer)
    for path in fewer.glob("*/*/predictions.parquet"):
        frame, head = read_run_table(path)
        write_run_table(path, frame[frame["dialogue_id"] != "d43"], head)
    found = compare(read_results(sides[0]), read_results(fewer))
    assert re.search(r"compared on the 1\d\d test utterances that both have", found.notes[0])
    assert found.scores["dialogues"].tolist() == [17, 17]


def test_dialogues_are_those_of_a_whatever_b_calls_them(sides, found, tmp_path):
    renamed, cut = tmp_path / "renamed", tmp_path / "cut"
    for folder in (renamed, cut):
        shutil.copytree(sides[1], folder)
        for path in folder.glob("*/*/predictions.parquet"):
            frame, head = read_run_table(path)
            number = frame["dialogue_id"].str[1:].astype(int)
            names = 99 - number if folder == renamed else number // 2
            write_run_table(path, frame.assign(dialogue_id="d" + names.astype(str)), head)
    a = read_results(sides[0])
    same, other = compare(a, read_results(renamed)), compare(a, read_results(cut))
    pd.testing.assert_frame_equal(same.scores, found.scores)
    pd.testing.assert_frame_equal(other.scores, found.scores)
    assert same.notes == found.notes
    assert "ar-iigcn: B has other dialogues than A; those of A are resampled." in other.notes


def test_a_copy_of_a_seeds_folder_counts_for_nothing_or_is_refused(sides, tmp_path):
    shutil.copytree(sides[0], tmp_path / "a")
    run = tmp_path / "a" / "ar-iigcn" / "seed-0"
    shutil.copytree(run, run.with_name("seed-0.bak"))
    assert len(read_results(tmp_path / "a").runs["ar-iigcn"]) == 3
    shutil.copytree(run, run.with_name("seed-9"))
    with pytest.raises(DataError, match="seed 0 is there twice; remove the copy"):
        compare(read_results(tmp_path / "a"), read_results(sides[1]))


def test_other_emotions_and_nothing_in_common_are_errors(sides, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(sides[1], other)
    for path in other.glob("*/*/predictions.parquet"):
        frame, head = read_run_table(path)
        frame["utterance_id"] += "x"
        write_run_table(path, frame, head)
    a = read_results(sides[0])
    with pytest.raises(DataError, match="no labelled test utterance in common"):
        compare(a, read_results(other))
    for path in other.glob("*/*/predictions.parquet"):
        frame, head = read_run_table(path)
        write_run_table(path, frame, head | {"labels": [*head["labels"], "boredom"]})
        frame["prob_boredom"] = np.float32(0)
        write_run_table(path, frame, head | {"labels": [*head["labels"], "boredom"]})
    with pytest.raises(DataError, match="only models of the same emotions"):
        compare(a, read_results(other))


def test_experiments_are_paired_by_name_or_as_asked(sides, tmp_path):
    renamed = read_results(finished(tmp_path / "c", 0.7, name="new"))
    a = read_results(sides[0])
    found = compare(a, renamed)
    assert found.scores["experiment"].tolist() == ["text"]
    assert found.notes == (
        "Only in A, so not compared: ar-iigcn.", "Only in B, so not compared: new.",
    )  # fmt: skip
    found = compare(a, renamed, {"ar-iigcn": "new"})
    assert found.scores["experiment"].tolist() == ["ar-iigcn \N{RIGHTWARDS ARROW} new"]
    with pytest.raises(DataError, match="A: unknown experiment 'ar-iicgn'"):
        compare(a, renamed, {"ar-iicgn": "new"})
    shutil.rmtree(tmp_path / "c" / "text")
    with pytest.raises(DataError, match=r"no experiment has the same name in both.*--pair"):
        compare(a, read_results(tmp_path / "c"))


def test_runs_without_a_seed_in_common_are_not_tested(sides, tmp_path):
    apart = tmp_path / "apart"
    shutil.copytree(sides[1], apart)
    for path in apart.glob("*/*/predictions.parquet"):
        frame, head = read_run_table(path)
        write_run_table(path, frame, head | {"seed": head["seed"] + 10})
    found = compare(read_results(sides[0]), read_results(apart))
    assert set(found.scores["verdict"]) == {"needs more seeds"}
    assert "No seed in common, so not tested: ar-iigcn and text." in found.notes
    write_page(found, tmp_path / "page.html")


def test_a_folder_that_is_not_a_corpuss_results_is_an_error_that_names_one(sides):
    with pytest.raises(DataError, match=f"such as {sides[0]}"):
        read_results(sides[0].parent)
    with pytest.raises(DataError, match="not a folder"):
        read_results(sides[0] / "nowhere")


def test_the_page_stands_on_its_own_and_shows_words_only_where_given(found, tmp_path):
    write_page(found, tmp_path / "a.html")
    html = (tmp_path / "a.html").read_text()
    page = Page(html)
    assert page.open == []
    assert "secret words" not in html and "model.losses.margin" in html
    assert "ar-iigcn is better than A by" in " ".join(re.sub(r"<[^>]*>", "", html).split())
    words = dict.fromkeys(found.changes["utterance_id"], "secret <words>")
    write_page(found, tmp_path / "b.html", words)
    assert "secret &lt;words&gt;" in (tmp_path / "b.html").read_text()


def test_the_command_prints_and_writes(sides, tmp_path):
    page = tmp_path / "compare.html"
    done = CliRunner().invoke(app, ["compare", *map(str, sides), "-o", str(page)])
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "model.losses.margin 0.5 0.7 all" in said
    assert "ar-iigcn is better than A by" in said
    assert page.stat().st_size > 20_000
    refused = CliRunner().invoke(
        app,
        [
            "compare",
            *map(str, sides),
            "-o",
            str(page),
            "--table",
            str(sides[0] / "utterances.parquet"),
        ],
    )
    assert refused.exit_code == 1 and "not known to allow showing its words" in refused.output
    assert CliRunner().invoke(app, ["compare", *map(str, sides), "--pair", "a"]).exit_code == 2
    nothing = CliRunner().invoke(app, ["compare", str(sides[0]), str(tmp_path / "x")])
    assert nothing.exit_code == 1 and "not a folder" in nothing.output
