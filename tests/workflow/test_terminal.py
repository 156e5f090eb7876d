"""The real workflow in a real terminal, and two runs with folders of their own."""

import re
import shutil

import pytest

from benchmarks.recorder import record
from tests.workflow.small import command, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(900)]


def test_a_run_in_a_terminal_shows_a_view_and_ends_with_results(made, shown):
    live = "\n".join(shown.screens)
    assert re.search(r"features .* [0-3] of 3", live)
    assert re.search(r"^  train: ar-iigcn, seed 0", live, re.M)
    assert re.search(r"\d+ of \d+ jobs, .* left", live)
    assert not re.search(r"^ +(input|output|reason):", shown.end, re.M)
    assert not re.search(r"\d\d:\d\d:\d\d INFO", shown.end)
    assert len(re.findall(r"^features ", shown.end, re.M)) == 1  # one view, not one a refresh
    assert re.search(r"^  ar-iigcn +\d+\.\d +\d+\.\d +1$", shown.end, re.M)
    where = "".join(shown.end.split("\n"))  # the terminal breaks the long path
    assert f"The report: {made}/results/demo/report.html" in where
    assert re.search(r"^Done in ", shown.end, re.M)


def test_nothing_to_do_shows_the_results_again(finished):
    made = record(command("all"), finished, 160)
    assert made.code == 0
    assert "Everything is up to date." in made.text and "ar-iigcn" in made.text


def test_a_wrong_configuration_is_said_as_by_snakemake(finished):
    made = record(command("all", "--config", "modle={}"), finished, 160)
    assert made.code == 1
    assert "unknown key 'modle'; did you mean 'model'? (in --config)" in made.text


def test_a_failing_job_shows_its_lines_and_its_log(finished, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(finished, broken)
    store = broken / "results" / "demo" / "features" / "text.minilm.h5"
    store.write_bytes(store.read_bytes()[:-1] + b"\xff")
    made = record(command("models", "-R", "train"), broken, 200)
    assert made.code == 1
    end = r"^FAILED  train: text, seed 0.* The end of results/demo/logs/train\.text"
    assert re.search(end, made.text, re.M)
    assert re.search(r"ERROR .*text\.minilm\.h5", made.text)
    assert "jobs failed" in made.text and "run the same command again" in made.text


def test_two_runs_keep_their_results_and_extract_once(finished):
    results = finished / "results"
    before = (results / "demo" / "ar-iigcn" / "seed-0" / "predictions.parquet").read_bytes()
    other = ["--config", "model={hidden: 8}"]
    warned = snakemake(finished, "-n", "models", *other)
    assert re.search(r"results/demo holds .* replaces: ar-iigcn \(model\.hidden: 16, now 8", warned)
    assert "--config run=NAME" in warned
    named = [*other, "run=narrow"]
    assert "holds results" not in snakemake(finished, "-n", "models", *named)
    said = snakemake(finished, "models", *named)
    assert "extract" not in said and "graph" not in said and said.count("train: ") == 2
    own = results / "demo.narrow"
    assert (own / "ar-iigcn" / "seed-0" / "model" / "model.safetensors").exists()
    assert not (own / "features").exists()
    assert (results / "demo" / "ar-iigcn" / "seed-0" / "predictions.parquet").read_bytes() == before
    for arguments in ((), named):
        assert "Nothing to be done" in snakemake(finished, "-n", "models", *arguments)


def test_features_with_other_parameters_leave_those_of_other_runs(finished):
    features = finished / "results" / "demo" / "features"
    before = (features / "audio.opensmile.h5").stat().st_mtime_ns
    audio = "features={audio: {parameters: {feature_set: IS09}}}"
    snakemake(finished, "features", "--config", "run=is09", audio)
    assert len(list(features.glob("audio.opensmile-*.h5"))) == 1
    assert (features / "audio.opensmile.h5").stat().st_mtime_ns == before
    assert "Nothing to be done" in snakemake(finished, "-n", "models")


def test_another_table_of_the_same_corpus_warns_every_run(finished):
    said = snakemake(finished, "-n", "models", "--config", "run=more", "demo={dialogues: 9}")
    assert "data/demo/utterances.parquet, which results/demo was made with" in said
    assert "demo.dialogues: 8, now 9" in said and "data_dir=DIR results_dir=DIR" in said


def test_an_error_of_snakemake_itself_is_said(finished):
    lock = finished / ".snakemake" / "locks" / "0.output.lock"
    lock.write_text("results/demo/ar-iigcn/seed-0/model\n")
    try:
        made = record(command("models", "-R", "train"), finished, 160)
    finally:
        lock.unlink()
    assert made.code == 1 and "--unlock" in made.text


def test_snakemakes_own_text_is_one_option_away(finished):
    arguments = ("models", "-R", "graph", "--logger-ariigcn-view", "snakemake")
    assert re.search(r"^(local)?rule graph:\n +input: ", snakemake(finished, *arguments), re.M)


def test_the_plugin_is_on_by_default_everywhere(root):
    for profile in ("default", "slurm"):
        text = (root / "profiles" / profile / "profile.yaml").read_text()
        assert re.search(r"^logger: ariigcn$", text, re.M)
