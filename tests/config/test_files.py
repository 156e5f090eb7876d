"""Files are read in words, and merged as Snakemake merges them."""

import json
import subprocess
import sys

import pytest
import yaml

from ariigcn.config.files import assigned, check_files, in_order, merged, read_values
from ariigcn.config.sections import load_config
from ariigcn.core.errors import ConfigError
from ariigcn.plan.load import load_plan


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("corpus: demo\ntraining: {epochs: 3, patience: 2}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"experiments:\n  a: {}\n  b: {}\n  a: {}\n", "line 4: 'a' is already in line 2"),
        (b"corpus: demo\ncorpus: meld\n", "line 2: 'corpus' is already in line 1"),
        (b"a: [1\n", "line 2: expected"),
        (b"a: b: c\n", "line 1: mapping values are not allowed here"),
        (b"- a\n", "holds a list"),
        (b"text\n", "holds a str"),
        (b"a: 1\nb: \xe4\n", "line 2 is not UTF-8"),
        (b"a: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
        (b"a: \x00\n", "special characters are not allowed"),
        (b"[" * 5000, "not YAML"),
    ],
)
def test_a_file_that_says_nothing_certain_is_refused_in_words(tmp_path, content, said):
    path = tmp_path / "overlay.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        read_values(path)
    assert str(path) in str(error.value) and said in str(error.value)


def test_an_absent_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_values(path)


def test_an_empty_file_says_nothing(tmp_path):
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert read_values(tmp_path / "empty.yaml") == {}


def test_the_values_are_those_that_snakemake_hands_to_the_workflow(folder):
    (folder / "config.yaml").write_text(
        "corpus: demo\ntraining: {epochs: 3, patience: 2}\nexperiments: {main: {}, b: {}}\n"
    )
    (folder / "over.yaml").write_text(
        "training: {epochs: 5}\nseeds: [1, 2]\nexperiments: {c: {grid: {z: [1], a: [2]}}, b: {}}\n"
    )
    (folder / "Snakefile").write_text(
        'import json\nconfigfile: "config.yaml"\n'
        'with open("seen.json", "w") as f: json.dump(config, f)\nrule all:\n'
    )
    said = ["corpus=meld", "features={audio: {encoder: opensmile}}", "runs_per_gpu=2"]
    said += ["experiments={a: {}}"]
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", "over.yaml", "--config"]
    subprocess.run([*command, *said], cwd=folder, capture_output=True, check=True)
    seen = yaml.safe_load((folder / "seen.json").read_text())
    found = merged([folder / "over.yaml"], assigned(said))
    assert found == seen
    # Snakemake puts what overlays say first; the first experiment is the main one.
    assert next(iter(seen["experiments"])) != "main"
    assert list(found["experiments"]) == ["main", "b", "c", "a"]
    assert json.dumps(in_order(seen, found)) == json.dumps(found)
    assert list(in_order({"z": 1, **seen}, found)) == [*found, "z"], "what a profile adds is kept"
    assert seen["training"] == {"epochs": 5, "patience": 2} and seen["corpus"] == "meld"


def test_an_assignment_of_null_removes_as_in_a_file(folder):
    (folder / "over.yaml").write_text(
        "corpus_root: somewhere\nexperiments: {plain: {}, more: {}}\n"
    )
    said = ["experiments={more: null}", "corpus_root=null", "tune={space: {model.hidden: null}}"]
    config = load_config(merged([folder / "over.yaml"], assigned(said)))
    assert list(config.experiments) == ["plain"]
    assert config.corpus_root is None and "model.hidden" not in config.tune.space


def test_a_space_after_config_holds_numbers_as_in_a_file(folder):
    said = ["tune={space: {model.hidden: [64, 128], model.context: [gru, none]}}"]
    space = load_config(merged([], assigned(said))).tune.space
    assert space["model.hidden"].bounds == (64, 128)
    assert space["model.context"].bounds == ("gru", "none")


def test_a_word_of_a_space_that_is_no_yaml_is_told_as_every_impossible_value(folder):
    (folder / "over.yaml").write_text('tune: {space: {model.context: ["{", gru]}}\n')
    with pytest.raises(ConfigError, match=r"model\.context"):
        load_plan(merged([folder / "over.yaml"]))


def test_config_yaml_comes_first_whether_it_is_named_or_not(folder):
    (folder / "over.yaml").write_text("training: {epochs: 5}\n")
    over, base = folder / "over.yaml", folder / "config.yaml"
    assert merged([over]) == merged([base, over])


def test_two_overlays_with_two_corpora_are_refused_whichever_comes_last(folder):
    (folder / "meld.yaml").write_text("corpus: meld\n")
    (folder / "own.yaml").write_text("corpus: folder\n")
    meld, own, base = folder / "meld.yaml", folder / "own.yaml", folder / "config.yaml"
    check_files([meld])
    check_files([base, meld])
    for files in ([meld, own], [meld, base]):
        with pytest.raises(ConfigError, match="two corpora") as error:
            check_files(files)
        assert all(str(file) in str(error.value) for file in files)


def test_an_assignment_that_is_none_is_said(folder):
    with pytest.raises(ConfigError, match="write KEY=VALUE, such as corpus=meld"):
        assigned(["corpus"])
