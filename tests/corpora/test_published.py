"""The field's feature files: every known structure, and what does not fit."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from ariigcn.core.errors import DataError
from ariigcn.corpora import published
from ariigcn.corpora.checks.check import inspect
from ariigcn.corpora.checks.page import render
from ariigcn.corpora.config import PublishedConfig, SplitConfig
from ariigcn.corpora.read.feature_file import read_published
from ariigcn.corpora.read.layouts import LAYOUTS
from ariigcn.corpora.registry import prepare
from ariigcn.corpora.table import Corpus, check_corpus, read_corpus
from tests.corpora.paper_files import FILES, write


def read(root: Path, **options: Any) -> Corpus:
    corpus = published.load(root, SplitConfig(), PublishedConfig(**options))
    check_corpus(corpus)
    return corpus


@pytest.mark.parametrize(("kind", "corpus"), FILES)
@pytest.mark.parametrize("protocol", [2, 4])
def test_every_known_structure_is_told_from_the_others(
    tmp_path: Path, kind: str, corpus: str, protocol: int
) -> None:
    fields = write(tmp_path / "features.pkl", kind, corpus, protocol)
    table = read(tmp_path)
    assert table.extra["corpus"] == corpus
    assert corpus.upper() in table.extra["layout"]
    rows = table.utterances
    assert len(rows) == 3 + 4 + 5 + 6
    assert set(rows["split"]) == {"train", "validation", "test"}
    assert rows["text"].iloc[0] == "It’s line 0."  # noqa: RUF001
    first = next(iter(fields["labels"].values()))
    assert rows["emotion"].tolist()[:3] == [table.labels[number] for number in first]
    file = read_published(tmp_path / "features.pkl")
    names = fields["text"] if kind in ("mmgcn", "dialoguegcn") else fields["roberta1"]
    key = next(iter(names))
    np.testing.assert_array_equal(
        file.features("text", "1")[file.dialogues[0]], np.stack(names[key])
    )
    assert any("validation cut here" in n for n in table.notes) == (kind != "cosmic")


def test_iemocap_keeps_its_own_ids_and_actors(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "iemocap")
    corpus = read(tmp_path)
    rows = corpus.utterances
    assert corpus.labels == ("happy", "sad", "neutral", "angry", "excited", "frustrated")
    assert rows["utterance_id"].tolist()[:2] == ["Ses01F_impro01_F000", "Ses01F_impro01_F001"]
    assert rows["speaker"].tolist()[:2] == ["Ses01_M", "Ses01_F"]
    assert rows["split"].tolist()[-1] == "test"


def test_melds_dialogues_are_ordered_as_numbers_with_speakers_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "m3net", "meld")
    corpus = read(tmp_path)
    rows = corpus.utterances
    assert corpus.labels[0] == "neutral"
    assert rows["dialogue_id"].unique().tolist() == ["dia0", "dia1", "dia2", "dia10"]
    assert rows["utterance_id"].tolist()[:2] == ["dia0_utt0", "dia0_utt1"]
    assert rows["speaker"].tolist()[:4] == ["speaker-0", "speaker-1", "speaker-2", "speaker-0"]


def test_four_layers_are_averaged_or_one_is_chosen(tmp_path: Path) -> None:
    fields = write(tmp_path / "features.pkl", "cosmic", "iemocap")
    file = read_published(tmp_path / "features.pkl")
    key = "Ses01F_impro01"
    layers = [np.stack(fields[f"roberta{i}"][key]) for i in range(1, 5)]
    np.testing.assert_allclose(file.features("text")[key], np.mean(layers, axis=0), rtol=1e-6)
    np.testing.assert_array_equal(file.features("text", "3")[key], layers[2])
    with pytest.raises(DataError, match="holds no video features"):
        file.features("video")
    write(tmp_path / "features.pkl", "mmgcn", "iemocap")
    with pytest.raises(DataError, match="holds no text features of layer 2"):
        read_published(tmp_path / "features.pkl").features("text", "2")


def test_cosmic_brings_its_own_validation_split(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "cosmic", "meld")
    splits = read(tmp_path).utterances.groupby("dialogue_id")["split"].first().to_dict()
    assert splits == {"dia0": "train", "dia1": "train", "dia2": "validation", "dia10": "test"}


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    write(tmp_path / "corpus" / "features.pkl", "mmgcn", "meld", test={10, 2}, train=[1, 0])
    for name in ("a", "b"):
        prepare("published", tmp_path / "corpus", tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert list(read_corpus(tmp_path / "a").sources) == ["features.pkl"]


def test_labels_numbered_in_another_order_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "meld")
    counts = read(tmp_path).utterances["emotion"].value_counts()
    names = tuple(published.LABELS["meld"])
    order = {name: int(counts.get(name, 0)) for name in names}
    monkeypatch.setitem(published.LABELS, "meld", order)
    assert read(tmp_path).labels == names
    swapped = dict(zip(names, [*list(order.values())[1:], order["neutral"]], strict=True))
    monkeypatch.setitem(published.LABELS, "meld", swapped)
    with pytest.raises(DataError, match="the file numbers its labels in another order"):
        read(tmp_path)
    assert read(tmp_path, labels=names[::-1]).labels == names[::-1]
    with pytest.raises(DataError, match="names are known only for 0 to 1"):
        read(tmp_path, labels=("a", "b"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"sentences": {0: ["a"], 1: [], 2: [], 10: []}},
            "dialogue dia0: 1 sentences for 3 labels",
        ),
        ({"test": {10, 0}}, "dialogue dia0: is in train and test"),
        ({"train": [99], "test": [98]}, "no dialogue is in any split"),
        (
            {"labels": {0: [1, 1, 1], 1: ["joy"] * 4, 2: [1] * 5, 10: [1] * 6}},
            "dialogue dia1: a value does not fit its field",
        ),
    ],
)
def test_fields_that_do_not_fit_are_named(tmp_path: Path, changes: Any, message: str) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "meld", **changes)
    with pytest.raises(DataError, match=message):
        read(tmp_path)


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (
            "mmgcn",
            {"labels": {0: ["joy"]}},
            "nearest is 'MMGCN, MELD' with 10 fields .* field 3, labels: dialogue 0: each utterance "
            "needs a whole number, found text",
        ),
        (
            "mmgcn",
            {"audio": None},
            "field 5, audio: expected a dictionary by dialogue, found NoneType",
        ),
        (
            "mmgcn",
            {"audio": {}},
            "field 5, audio: expected a dictionary by dialogue, found dict of 0",
        ),
        (
            "mmgcn",
            {"video": {0: [[1.0] * 9]}},
            "field 6, video: .* at least 16 numbers, found 9 num",
        ),
        (
            "mmgcn",
            {"video": {0: 7}},
            "field 6, video: dialogue 0: expected a list of its utterances, fo",
        ),
        ("mmgcn", {"sentences": {0: [3]}}, "field 7, sentences: .* needs text, found 3"),
        (
            "mmgcn",
            {"speakers": {0: [[0] * 20]}},
            "field 2, speakers: .* fewer than 16 numbers, found 20",
        ),
        (
            "m3net",
            {"train": "all"},
            "'M3NET and SDT, MELD' .* field 11, train: expected a list of dialogues",
        ),
        (
            "mmgcn",
            {"test": np.array(5)},
            "field 9, test: expected a list of dialogues, found array",
        ),
        ("cosmic", {"sentiments": {0: [0.5]}}, "'COSMIC, MELD' .* needs a whole number, found 0.5"),
    ],
)
def test_the_first_field_that_does_not_fit_the_nearest_layout_is_named(
    tmp_path: Path, kind: str, changes: Any, message: str
) -> None:
    write(tmp_path / "features.pkl", kind, "meld", **changes)
    with pytest.raises(DataError, match=message):
        read(tmp_path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "none of the known layouts: expected a tuple of fields, found dict of 0"),
        ((), "the file has 0: field 1, ids, is absent"),
        ((None,) * 10, "field 1, ids: expected a dictionary by dialogue, found NoneType"),
    ],
)
def test_what_is_no_layout_at_all_is_said(tmp_path: Path, data: Any, message: str) -> None:
    (tmp_path / "features.pkl").write_bytes(pickle.dumps(data))
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_a_field_too_many_is_named(tmp_path: Path) -> None:
    fields = write(tmp_path / "features.pkl", "cosmic", "meld")
    names = [*FILES["cosmic", "meld"].split(), "video"]
    (tmp_path / "features.pkl").write_bytes(pickle.dumps([fields[name] for name in names]))
    with pytest.raises(DataError, match="the file has 12: field 12 is one too many"):
        read(tmp_path)


def test_the_documentation_lists_every_layout_with_its_fields(root: Path) -> None:
    page = (root / "docs" / "corpora.md").read_text("utf-8")
    for name, fields in LAYOUTS.items():
        assert f"| {name} | {', '.join(fields)} |" in page


def test_two_dialogues_of_one_name_are_refused(tmp_path: Path) -> None:
    fields = write(tmp_path / "features.pkl", "mmgcn", "meld")
    for name in ("ids", "labels"):
        fields[name]["1"] = fields[name][1]
    write(tmp_path / "features.pkl", "mmgcn", "meld", ids=fields["ids"], labels=fields["labels"])
    with pytest.raises(DataError, match="two of its dialogues have the same name"):
        read(tmp_path)


def test_the_table_says_what_the_file_holds(tmp_path: Path) -> None:
    video = {key: np.zeros((3 + n, 342)) for n, key in enumerate((0, 1, 2, 10))}
    audio = {key: np.random.default_rng(n).normal(size=(3 + n, 64)) for n, key in enumerate(video)}
    write(tmp_path / "features.pkl", "m3net", "meld", audio=audio, video=video)
    inspection = inspect("published", tmp_path)
    assert inspection.corpus.extra["features"] == {
        "text": "1,024 numbers in each of 4 layers; their encoder has seen the training labels",
        "audio": "64 numbers; whether their encoder has seen the training labels is not known: "
        "features.audio.parameters.fitted_on must say so",
        "video": "342 numbers; their encoder has seen no label",
    }
    zeros = "video features: its 18 vectors are all zeros: they carry no information"
    assert inspection.problems == (zeros,)
    console = Console(width=200)
    with console.capture() as captured:
        render(inspection, console)
    told = captured.get()
    assert "M3NET and SDT, MELD (meld)" in told
    assert "audio features: 64 numbers; whether" in told
    assert "No utterance has audio or video" not in told
    assert zeros in told


def test_every_training_dialogue_may_train(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "iemocap")
    corpus = published.load(tmp_path, SplitConfig(validation_share=0))
    assert set(corpus.utterances["split"]) == {"train", "test"}
    assert "there is no validation split: split.validation_share is 0" in corpus.notes


def test_a_sentence_that_is_none_is_no_text(tmp_path: Path) -> None:
    said = {k: [None if i else "Hi." for i in range(3 + n)] for n, k in enumerate((0, 1, 2, 10))}
    write(tmp_path / "features.pkl", "mmgcn", "meld", sentences=said)
    assert read(tmp_path).utterances["text"].notna().sum() == 4


def test_dialogues_of_no_split_are_left_out_and_noted(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "meld", train=[0, 1])
    corpus = read(tmp_path)
    assert "dia2" not in set(corpus.utterances["dialogue_id"])
    assert "1 dialogue(s) in no split are left out: dia2" in corpus.notes


def test_the_file_is_the_only_one_or_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found none"):
        read(tmp_path)
    write(tmp_path / "a.pkl", "mmgcn", "meld")
    write(tmp_path / "b.pkl", "mmgcn", "iemocap")
    with pytest.raises(DataError, match=r"found a.pkl, b.pkl; set published.file to its name"):
        read(tmp_path)
    assert read(tmp_path, file="b.pkl").extra["corpus"] == "iemocap"
    with pytest.raises(DataError, match=r"has no file c.pkl"):
        read(tmp_path, file="c.pkl")
    with pytest.raises(DataError, match="has no file"):
        read(tmp_path / "..", file="../../etc/hostname")
